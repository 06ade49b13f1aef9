// Reads a profile with simdjson's on-demand parser: phase, category, name and both times of each event, as
// our import does, and adds them up. The whole file is in memory; nothing is stored.
//
//   g++ -O3 -march=native simdjson_peer.cpp -o simdjson_peer -lsimdjson; simdjson_peer FILE.json
#include <simdjson.h>

#include <cstdio>
#include <string_view>

using namespace simdjson;

int main(int count, char **arguments) {
  if (count != 2) return 2;
  padded_string text;
  if (padded_string::load(arguments[1]).get(text)) return 1;
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array events;
  if (parser.iterate(text).get(document) || document["traceEvents"].get_array().get(events)) return 1;
  double sum = 0;
  size_t used = 0;
  for (auto event : events) {
    ondemand::object object;
    if (event.get_object().get(object)) return 1;
    bool is_complete = false, counts = false;
    double start = 0, length = 0;
    std::string_view word;
    for (auto field : object) {
      std::string_view key;
      if (field.unescaped_key().get(key)) return 1;
      if (key == "ph") {
        is_complete = !field.value().get_string().get(word) && word == "X";
      } else if (key == "cat") {
        counts = !field.value().get_string().get(word) && (word == "cpu_op" || word == "kernel");
      } else if (key == "name") {
        if (!field.value().get_string().get(word)) sum += word.size();
      } else if (key == "ts") {
        if (field.value().get_double().get(start)) start = 0;
      } else if (key == "dur") {
        if (field.value().get_double().get(length)) length = 0;
      }
    }
    if (!is_complete || !counts) continue;
    sum += start + length;
    ++used;
  }
  std::printf("%zu %.17g\n", used, sum);
}
