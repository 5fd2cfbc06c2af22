/// A configuration as a tree of named values in the order of the contract: what the writer and the
/// comparison share, so that a key forgotten in one is forgotten in both, and a test finds it.
/// Thread: any; pure.
#pragma once

#include "config/model.h"

#include <string>
#include <vector>

namespace steelyard::config {

struct Outline
{
    enum class Kind
    {
        Value,   ///< `value` is a number or a word, safe without quotes
        Text,    ///< `value` may be anything
        Texts,   ///< a list of Text children
        Mapping, ///< children by key
        Items,   ///< a list of Mapping children, each with its name as `key`
    };

    Kind kind = Kind::Mapping;
    std::string key; ///< as in the file; an item has its name here
    std::string value;
    bool isDefault = false; ///< need not be written
    std::vector<Outline> children;
};

[[nodiscard]] Outline outlineOf(const Config& config);

} // namespace steelyard::config
