/// recv() and send() that never block and raise no signal. They go to the kernel directly: the
/// C library's are cancellation points, which costs each call two atomic operations in a process
/// with threads. Only ThreadSanitizer gets the library's, because it knows what they order.
/// Thread: any.
#pragma once

#include <cstddef>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace steelyard::net {

/// As recv(2).
inline ssize_t receive(int fd, char* into, std::size_t size) noexcept
{
#ifdef __SANITIZE_THREAD__
    return ::recv(fd, into, size, MSG_DONTWAIT);
#else
    return ::syscall(SYS_recvfrom, fd, into, size, MSG_DONTWAIT, nullptr, nullptr);
#endif
}

/// As send(2): cheaper than sendmsg(2), which copies and checks two structures first.
inline ssize_t send(int fd, const iovec& part) noexcept
{
    constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
#ifdef __SANITIZE_THREAD__
    return ::send(fd, part.iov_base, part.iov_len, kFlags);
#else
    return ::syscall(SYS_sendto, fd, part.iov_base, part.iov_len, kFlags, nullptr, 0);
#endif
}

/// As sendmsg(2).
inline ssize_t send(int fd, const iovec* parts, int count) noexcept
{
    constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts); // only read
    message.msg_iovlen = static_cast<std::size_t>(count);
#ifdef __SANITIZE_THREAD__
    return ::sendmsg(fd, &message, kFlags);
#else
    return ::syscall(SYS_sendmsg, fd, &message, kFlags);
#endif
}

} // namespace steelyard::net
