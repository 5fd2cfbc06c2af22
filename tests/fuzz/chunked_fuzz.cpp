// The chunked coding: in pieces as at once, and as the oracle reads it.
// Input: bytes a piece, then the coded body and whatever follows it.
#include "fuzz/fuzz_target.h"
#include "fuzz/oracle.h"
#include "http/chunked.h"
#include "http/h1_writer.h"

#include <algorithm>

using namespace steelyard;
using namespace steelyard::fuzz;
using http::ChunkedDecoder;

namespace {

struct Decoded
{
    ChunkedDecoder::Step end = ChunkedDecoder::Step::NeedMore;
    std::string content, trailers, error;
    std::size_t consumed = 0;
};

Decoded decode(std::string_view raw, std::size_t step)
{
    ChunkedDecoder decoder;
    Decoded out;
    for (std::size_t at = 0; at < raw.size() && out.end == ChunkedDecoder::Step::NeedMore;) {
        const std::string piece(raw.substr(at, step));
        std::string_view left = piece;
        std::string_view data;
        while ((out.end = decoder.step(left, data)) == ChunkedDecoder::Step::Data)
            out.content += data;
        out.consumed = at + piece.size() - left.size();
        at += piece.size();
    }
    if (out.end == ChunkedDecoder::Step::Bad)
        out.error = decoder.error().reason;
    if (out.end == ChunkedDecoder::Step::End)
        http::writeLastChunk(decoder.trailers(), out.trailers);
    return out;
}

} // namespace

FUZZ_TARGET(chunked)
{
    Choices choices(input);
    const std::size_t step = 1 + choices.below(32);
    const std::string_view raw = choices.rest();
    const Decoded whole = decode(raw, std::max<std::size_t>(raw.size(), 1));
    const Decoded pieces = decode(raw, step);
    require(whole.end == pieces.end && whole.content == pieces.content &&
                whole.trailers == pieces.trailers && whole.error == pieces.error,
            "pieces change the body", whole.error + " / " + pieces.error);
    if (whole.end == ChunkedDecoder::Step::End)
        require(whole.consumed == pieces.consumed, "pieces change where the body ends");
    if (raw.size() >= 16U * 1024U)
        return; // the oracle knows no limit on the trailers' size
    const OracleBody read = readChunked(raw, 0);
    switch (whole.end) {
    case ChunkedDecoder::Step::End:
        require(read.verdict == Verdict::Whole && read.next == whole.consumed,
                "the oracle sees no end here", raw);
        require(read.content == whole.content, "the oracle reads another body", raw);
        require(readChunked(whole.trailers, 0).verdict == Verdict::Whole,
                "the trailers sent on are not canonical", whole.trailers);
        break;
    case ChunkedDecoder::Step::Bad:
        require(read.verdict != Verdict::Whole, "the oracle takes what is refused", whole.error);
        require(read.content.starts_with(whole.content), "more was handed on than was sent", raw);
        break;
    default:
        require(read.verdict == Verdict::Incomplete, "the oracle does not wait for more", raw);
        require(read.content == whole.content, "the oracle reads another body", raw);
    }
}
