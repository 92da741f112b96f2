// CSV files: what is read, in which form, and where errors are.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <xgrad/autograd/ops/ops.hpp>
#include <xgrad/io/csv.hpp>

#include "catch2.hpp"
#include "colliding.hpp"
#include "folder.hpp"
#include "inspect.hpp"
#include "processor_time.hpp"

using namespace xgrad;
using namespace xgrad::io;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

using Names = std::vector<std::string>;
const double none = std::nan(""), inf = std::numeric_limits<double>::infinity();

Csv read(const std::string& text, const CsvOptions& options = CsvOptions()) {
  const Folder folder;
  put(folder.file("data.csv"), text);
  return read_csv(folder.file("data.csv"), options);
}

Numbers values(const std::string& text, CsvOptions options = CsvOptions()) {
  return numbers(read(text, options.dtype(float64)).values);
}

/// What is said behind the path.
std::string refusal(const std::string& text, const CsvOptions& options = CsvOptions()) {
  const std::string all = thrown_by<std::exception>([&] { static_cast<void>(read(text, options)); });
  const std::size_t at = all.find("data.csv'");
  return at == std::string::npos ? all : all.substr(at + 9);
}

bool same(const Numbers& a, const Numbers& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(std::isnan(a[i]) ? std::isnan(b[i]) : a[i] == b[i])) return false;
  return true;
}

}  // namespace

TEST_CASE("a table has its names, shape and numbers", "[io]") {
  const Csv csv = read("a,b c,\n1,2.5,-3e2\n.5,+4,5.\n");
  CHECK(csv.names == Names{"a", "b c", ""});
  CHECK(csv.values.shape() == Shape{2, 3});
  CHECK(csv.values.dtype() == float32);
  CHECK(numbers(csv.values.to(float64)) == Numbers{1, 2.5, -300, 0.5, 4, 5});
  CHECK_FALSE(csv.labels.defined());
  CHECK(csv.vocabularies.empty());
  const Csv bare = read("1;2\n3;4", CsvOptions().header(false).delimiter(';').dtype(int64));
  CHECK(bare.names == Names{"0", "1"});
  CHECK(whole_numbers(bare.values) == std::vector<std::int64_t>{1, 2, 3, 4});
}

TEST_CASE("line breaks of every kind, byte order marks, blank and comment lines", "[io]") {
  for (const char* text : {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4", "a,b\r1,2\r3,4\r",
                           "\xef\xbb\xbf"
                           "a,b\n1,2\n3,4",
                           "a,b\n\n\n1,2\n\r\n3,4\n\n"})
    CHECK(values(text) == Numbers{1, 2, 3, 4});
  CHECK(values("# first\na,b\n#,x,\"\n1,2\n#", CsvOptions().comment('#')) == Numbers{1, 2});
  CHECK(values("junk\n\"\na,b\n1,2", CsvOptions().skip_lines(2)) == Numbers{1, 2});
  CHECK(values("a\n1\n2\n3", CsvOptions().max_rows(2)) == Numbers{1, 2});
  CHECK(read("a,b\n").values.shape() == Shape{0, 2});
  CHECK(read("", CsvOptions().header(false)).values.shape() == Shape{0, 0});
  CHECK_THAT(refusal(""), Contains("the file ends, where a header belongs"));
  CHECK_THAT(refusal(std::string("\xff\xfe"
                                 "a\0",
                                 4)),
             Contains("is UTF-16"));
  CHECK(read("a\n1\n", CsvOptions().skip_lines(1)).names == Names{"1"});
}

TEST_CASE("fields in quotes hold delimiters, quotes and line breaks", "[io]") {
  const Csv csv = read("\"x \"\"1\"\"\",\"a,b\",\"two\nlines\"\n\"1\",\"2\",3\n", CsvOptions().dtype(float64));
  CHECK(csv.names == Names{"x \"1\"", "a,b", "two\nlines"});
  CHECK(numbers(csv.values) == Numbers{1, 2, 3});
  const Csv words = read("w\n\"a\"\"b\"\nsay \"x\"\n\"\"\n", CsvOptions().categories({"w"}));
  CHECK(words.vocabularies.at("w") == Names{"", "a\"b", "say \"x\""});
  CHECK_THAT(refusal("a,b\n1,\"2\n3,4\n"), StartsWith(", line 2, column 2: the quote that opens here is never closed"));
  CHECK_THAT(refusal("a,b\n1,\"2\"3\n"), StartsWith(", line 2, column 2: text follows the closing quote"));
}

TEST_CASE("numbers are the nearest, whatever their form", "[io]") {
  CHECK(values("a\n0.1\n1e-5\n123456789.123456789\n-0\n1e22\n4.9e-324\n2.2250738585072011e-308") ==
        Numbers{0.1, 1e-5, 123456789.123456789, 0, 1e22, 5e-324, 2.2250738585072011e-308});
  CHECK(same(values("a\ninf\n-Infinity\nNaN\n1e400\n-1e400\n1e-400\n0.00000001e-"
                    "320\n1000000000000e300\n1e999999999999999999999\n1e-999999999999999999999\n"),
             {inf, -inf, none, inf, -inf, 0, 0, inf, inf, 0}));
  CHECK(values("a\n1e9223372036854775807\n1e-9223372036854775807\n-1e-9223372036854775808\n") == Numbers{inf, 0, 0});
  // float32 directly: by way of double it would be rounded twice.
  const Csv single = read("a\n1.00000005960464477540\n1e39\n1e-50\n");
  CHECK(numbers(single.values.to(float64)) == Numbers{static_cast<double>(1.0000001f), inf, 0});
  CHECK(values("a,b\n 1\t, 2 \n") == Numbers{1, 2});
  for (const char* wrong : {"1,5", "0x10", "1_000", "--1", "+-1", "1e", "nan(1)", "1 2", "e5", ".", "1.5f"})
    CHECK_THAT(refusal(std::string("a;b\n0;") + wrong, CsvOptions().delimiter(';')),
               StartsWith(", line 2, column 2 (\"b\"): '" + std::string(wrong) + "' is not a number: "));
}

TEST_CASE("int64 takes whole numbers only, all of them exactly", "[io]") {
  const CsvOptions whole = CsvOptions().dtype(int64);
  CHECK(whole_numbers(read("a\n9223372036854775807\n-9223372036854775808\n3.0\n1e3\n+7\n", whole).values) ==
        std::vector<std::int64_t>{INT64_MAX, INT64_MIN, 3, 1000, 7});
  const std::vector<std::pair<const char*, std::int64_t>> forms{{"9007199254740993.0", 9007199254740993},
                                                                {"-9007199254740993e0", -9007199254740993},
                                                                {"922337203685477580.7e1", INT64_MAX},
                                                                {"9223372036854775807.00000", INT64_MAX},
                                                                {"-9223372036854775808.", INT64_MIN},
                                                                {"-922337203685477580800e-2", INT64_MIN},
                                                                {"0.00000000010e10", 1},
                                                                {"1000e-3", 1},
                                                                {"000123.4560E+3", 123456},
                                                                {"-0.0", 0},
                                                                {".0e-5", 0},
                                                                {"0e-999999999999999999999", 0}};
  for (const auto& [text, number] : forms)
    CHECK(whole_numbers(read(std::string("a\n") + text, whole).values) == std::vector<std::int64_t>{number});
  for (const char* text : {"0.99999999999999999999", "1e-400", "-1e-400", "1e-9223372036854775808",
                           "1e-99999999999999999999", "9007199254740993.5", "9223372036854775807.5", "1001e-3"})
    CHECK_THAT(refusal(std::string("a\n") + text, whole), Contains("'" + std::string(text) + "' is not whole"));
  for (const char* text : {"9223372036854775808.0", "-9223372036854775809.0", "922337203685477580.8e1", "1e400",
                           "1e9223372036854775807", "-1e99999999999999999999", "-Infinity"})
    CHECK_THAT(refusal(std::string("a\n") + text, whole), Contains("'" + std::string(text) + "' is beyond the range"));
  CHECK_THAT(refusal("a\n2.5\n", whole), Contains("line 2, column 1 (\"a\"): '2.5' is not whole"));
  CHECK_THAT(refusal("a\n9223372036854775808\n", whole), Contains("beyond the range of int64"));
  CHECK_THAT(refusal("a\n1e19\n", whole), Contains("beyond the range of int64"));
  CHECK_THAT(refusal("a\ninf\n", whole), Contains("beyond the range"));
  CHECK_THAT(refusal("a\nnan\n", whole), Contains("is missing, and int64 has no NaN"));
  CHECK_THAT(refusal("a,b\n,1\n", whole), Contains(", line 2, column 1 (\"a\"): the number is missing"));
  CHECK(whole_numbers(read("a,b\n,1\n", CsvOptions().dtype(int64).missing(-1)).values) ==
        std::vector<std::int64_t>{-1, 1});
  CHECK_THAT(refusal("a\n1\n", CsvOptions().dtype(int64).missing(none)), Contains("not a number that int64 can hold"));
}

TEST_CASE("what is missing becomes NaN, or what one says", "[io]") {
  const std::string text = "a,b\n,NA\nnull, N/A \n1,?\n";
  CHECK(same(values(text, CsvOptions().missing_words({"", "NA", "null", "N/A", "?"})),
             {none, none, none, none, 1, none}));
  CHECK_THAT(refusal(text), Contains("line 4, column 2 (\"b\"): '?' is not a number"));
  CHECK(values("a,b\n,nan\n1,2\n", CsvOptions().missing(0)) == Numbers{0, 0, 1, 2});
  CHECK(same(values("a\n-999\n5\n", CsvOptions().missing_words({"-999"})), {none, 5}));
  CHECK(same(values("a\n-999\n-\n.\n+7\n7\n-9\n", CsvOptions().missing_words({"-999", "-", ".", "+7"})),
             {none, none, none, none, 7, -9}));
  CHECK_THAT(refusal("a,b\n,1", CsvOptions().missing_words({})), Contains("'' is not a number"));
}

TEST_CASE("columns are chosen by name or number, in the order asked for", "[io]") {
  const std::string text = "a,b,c\n1,x,3\n4,y,6\n";
  const Csv csv = read(text, CsvOptions().columns({"c", 0, -1}));
  CHECK(csv.names == Names{"c", "a", "c"});
  CHECK(numbers(csv.values.to(float64)) == Numbers{3, 1, 3, 6, 4, 6});
  CHECK(read(text, CsvOptions().columns({})).values.shape() == Shape{2, 0});
  CHECK_THAT(refusal(text, CsvOptions().columns({"d"})), EndsWith("there is no column 'd': there are 'a', 'b', 'c'"));
  CHECK_THAT(refusal(text, CsvOptions().columns({3})), Contains("there is no column 3"));
  CHECK_THAT(refusal(text, CsvOptions().columns({-4})), Contains("there is no column -4"));
  CHECK_THAT(refusal("a,a\n1,2", CsvOptions().columns({"a"})), Contains("two columns are named 'a'"));
  CHECK_THAT(refusal("1,2", CsvOptions().header(false).columns({"a"})), Contains("header(false)"));
}

TEST_CASE("columns of words that share a name are not read together, since one vocabulary would be lost", "[io]") {
  const std::string text = "x,x,y,x\na,p,u,1\nb,q,v,2\n";
  const char* why =
      ": columns 0 and 1 of words are both named 'x', by which their vocabularies are found: rename one in the file, "
      "or read one at a time with columns()";
  CHECK_THAT(refusal(text, CsvOptions().categories({0, 1, 2})), EndsWith(why));
  CHECK_THAT(refusal(text, CsvOptions().categories({1}).one_hot({0})), EndsWith(why));
  CHECK_THAT(refusal(text, CsvOptions().categories({0, 1}).columns({1, 2}).labels(0)), EndsWith(why));
  const Csv one = read(text, CsvOptions().categories({0, 1, 2}).columns({1, 2, 3}));
  CHECK(one.vocabularies.at("x") == Names{"p", "q"});
  CHECK(numbers(one.values.to(float64)) == Numbers{0, 0, 1, 1, 1, 2});
  CHECK(read(text, CsvOptions().categories({0}).columns({0, 3, 0}).labels(0)).vocabularies.at("x") == Names{"a", "b"});
}

TEST_CASE("a delimiter that is another is suggested", "[io]") {
  const std::string text = "mass;length\n1,5;2\n";
  CHECK(refusal(text, CsvOptions().columns({"mass"})) ==
        ": there is no column 'mass': there is only 'mass;length': the file seems to be separated by ';': say so with "
        "delimiter(';')");
  CHECK_THAT(refusal(text), EndsWith("line 2: there are 2 fields, but line 1 has 1: the file seems to be separated by "
                                     "';': say so with delimiter(';')"));
  CHECK_THAT(refusal("a\tb\n1\t2\n"), Contains("is not a number") && EndsWith("say so with delimiter('\\t')"));
  CHECK_THAT(refusal("1|2\n", CsvOptions().header(false).columns({1})),
             Contains("the first record has 1 field,") && EndsWith("delimiter('|')"));
  CHECK_THAT(refusal("a,b\nx\n", CsvOptions().delimiter(';')), EndsWith("say so with delimiter(',')"));
  CHECK_THAT(refusal("a\nx;y\n"), EndsWith("columns() chooses"));
}

TEST_CASE("of many names the first are listed", "[io]") {
  std::string text = "c0";
  for (int i = 1; i < 25; ++i) text += ",c" + std::to_string(i);
  CHECK_THAT(refusal(text + "\n", CsvOptions().columns({"d"})), EndsWith("'c18', 'c19' and 5 more"));
}

TEST_CASE("words become indices of a vocabulary, or columns of zeros and ones", "[io]") {
  const std::string text = "size,city,kind\n1,Oslo,b\n2,Bonn,a\n3,Oslo,\n4,NA,b\n";
  const Csv csv = read(text, CsvOptions().categories({"city"}).one_hot({"kind"}).dtype(float64));
  CHECK(csv.names == Names{"size", "city", "kind=a", "kind=b"});
  CHECK(numbers(csv.values) == Numbers{1, 1, 0, 1, 2, 0, 1, 0, 3, 1, 0, 0, 4, -1, 0, 1});
  CHECK(csv.vocabularies.at("city") == Names{"Bonn", "Oslo"});
  CHECK(csv.vocabularies.at("kind") == Names{"a", "b"});
  const Csv other = read("size,city,kind\n1,Oslo,a\n", CsvOptions()
                                                           .categories({"city"})
                                                           .one_hot({"kind"})
                                                           .vocabulary("city", csv.vocabularies.at("city"))
                                                           .vocabulary(2, {"c", "b", "a"}));
  CHECK(numbers(other.values.to(float64)) == Numbers{1, 1, 0, 0, 1});
  CHECK(other.names == Names{"size", "city", "kind=c", "kind=b", "kind=a"});
  CHECK_THAT(refusal(text, CsvOptions().categories({1}).one_hot({2}).vocabulary("city", {"Oslo"})),
             Contains("line 3, column 2 (\"city\"): 'Bonn' is not in the vocabulary"));
  CHECK_THAT(refusal(text, CsvOptions().vocabulary("city", {})), Contains("in neither categories() nor one_hot()"));
  CHECK_THAT(refusal(text, CsvOptions().categories({1}).vocabulary(1, {"a", "a"})), Contains("has 'a' twice"));
  CHECK_THAT(refusal(text, CsvOptions().categories({1}).one_hot({1})), Contains("cannot be in categories() and in"));
  CHECK(read("w\n a\na\n", CsvOptions().categories({0})).vocabularies.at("w") == Names{" a", "a"});
  CHECK(read("w\n a\na\n\" a\"\n", CsvOptions().categories({0}).trim()).vocabularies.at("w") == Names{" a", "a"});
  std::string many = "w\n";
  for (int i = 0; i < 4097; ++i) many += "w" + std::to_string(i) + "\n";
  CHECK_THAT(refusal(many, CsvOptions().one_hot({0})),
             Contains("line 4098") && Contains("more than 4096 different words"));
  CHECK(read(many, CsvOptions().categories({0})).vocabularies.at("w").size() == 4097);
}

TEST_CASE("the rows of words are the same in any order", "[io]") {
  Names rows{"\"NA\"", "NA", "Oslo", "\"\"", "null", "\"Oslo\""};
  std::sort(rows.begin(), rows.end());
  const std::map<std::string, double> expected{{"\"\"", 0},     {"\"NA\"", 1}, {"Oslo", 2},
                                               {"\"Oslo\"", 2}, {"NA", -1},    {"null", -1}};
  do {
    std::string text = "c\n";
    for (const std::string& row : rows) text += row + "\n";
    const Csv csv = read(text, CsvOptions().categories({"c"}));
    REQUIRE(csv.vocabularies.at("c") == Names{"", "NA", "Oslo"});
    const Numbers found = numbers(csv.values.to(float64));
    for (std::size_t i = 0; i < rows.size(); ++i) REQUIRE(found[i] == expected.at(rows[i]));
  } while (std::next_permutation(rows.begin(), rows.end()));
  // A vocabulary that names the word means it.
  const std::string text = "c\nNA\n\"NA\"\nNone\n";
  CHECK(values(text, CsvOptions().categories({"c"}).vocabulary("c", {"None", "NA"})) == Numbers{1, 1, 0});
  CHECK(values(text, CsvOptions().categories({"c"}).vocabulary("c", {"NA"})) == Numbers{0, 0, -1});
  CHECK(values("c\nNone\nMild\n\"None\"\n", CsvOptions().one_hot({"c"}).vocabulary("c", {"None", "Mild"})) ==
        Numbers{1, 0, 0, 1, 1, 0});
  CHECK_THAT(refusal("c\n\"None\"\n", CsvOptions().categories({"c"}).vocabulary("c", {"NA"})),
             Contains("'None' is not in the vocabulary"));
  CHECK(values(text, CsvOptions().one_hot({"c"})) == Numbers{0, 1, 0});
  CHECK(values(text, CsvOptions().categories({"c"}).vocabulary("c", {"None", "NA"}).missing_words({})) ==
        Numbers{1, 1, 0});
}

TEST_CASE("labels are a tensor of their own", "[io]") {
  const std::string text = "x,species,y\n1,owl,5\n2,bat,6\n";
  const Csv csv = read(text, CsvOptions().labels("species").categories({"species"}));
  CHECK(csv.names == Names{"x", "y"});
  CHECK(numbers(csv.values.to(float64)) == Numbers{1, 5, 2, 6});
  CHECK(csv.labels.shape() == Shape{2});
  CHECK(whole_numbers(csv.labels) == std::vector<std::int64_t>{1, 0});
  CHECK(csv.vocabularies.at("species") == Names{"bat", "owl"});
  CHECK(numbers(read("a,b\n1,2.5\n", CsvOptions().labels(-1, float64)).labels) == Numbers{2.5});
  CHECK_THAT(refusal("a,b\n1,2.5\n", CsvOptions().labels(-1)), Contains("'2.5' is not whole"));
  CHECK_THAT(refusal(text, CsvOptions().labels(1).categories({})),
             Contains("line 2, column 2 (\"species\"): 'owl' is not a number: categories()"));
  CHECK_THAT(refusal(text, CsvOptions().labels(1).one_hot({1})), Contains("cannot be one_hot()"));
}

TEST_CASE("ragged records and options that contradict are refused", "[io]") {
  CHECK(refusal("a,b\n1,2\n\n3\n") ==
        ", line 4: there is 1 field, but line 1 has 2: a field that holds a delimiter must be in quotes");
  CHECK_THAT(refusal("a,b\n\"x\n\ny\",2\n1,2,3\n", CsvOptions().categories({0})),
             StartsWith(", line 5: there are 3 fields"));
  CHECK_THAT(refusal("a\n\"\r\n\n\r\",\n", CsvOptions().categories({0})), StartsWith(", line 2: there are 2 fields"));
  CHECK_THAT(refusal("a,b\n\"\r\n\n\r\",x\n", CsvOptions().categories({0})), StartsWith(", line 5, column 2"));
  for (const char c : {'"', '\n', '\r', '\0'}) {
    CHECK_THROWS_AS(CsvOptions().delimiter(c), std::invalid_argument);
    CHECK_THROWS_AS(CsvOptions().comment(c), std::invalid_argument);
  }
  CHECK_THROWS_WITH(CsvOptions().comment(','), Contains("CsvOptions: "));
  CHECK_THROWS_WITH(CsvOptions().skip_lines(-1), Contains("skip_lines is -1"));
  CHECK_THROWS_WITH(CsvOptions().max_rows(-2), Contains("max_rows is -2"));
  CHECK_THROWS_WITH(CsvOptions().dtype(boolean), Contains("the dtype is bool"));
  CHECK_THROWS_WITH(CsvOptions().labels(0, boolean), Contains("the dtype is bool"));
}

TEST_CASE("records longer than any buffer are read, and quotes that never close end early", "[io]") {
  std::string header = "0", row = "0";
  for (int i = 1; i < 200000; ++i) {
    header += "," + std::to_string(i);
    row += ",0." + std::to_string(i);
  }
  CHECK(read(header + "\n" + row + "\r\n" + row).values.shape() == Shape{2, 200000});
  const std::string word(1'000'000, 'w');
  CHECK(read("w\n\"" + word + "\"\n\"" + word + "\"\n", CsvOptions().categories({0})).vocabularies.at("w")[0] == word);
  CHECK_THAT(refusal("a\n\"" + std::string(70'000'000, 'x')),
             Contains("line 2: the record has more than 67108864 bytes"));
}

TEST_CASE("a record of more fields than max_columns is refused at its line", "[io]") {
  const std::string most(262143, ','), more(300000, ',');
  CHECK(read(most).values.shape() == Shape{0, 262144});
  CHECK(refusal(most + ",") ==
        ", line 1: there are more than 262144 fields: if so many columns are meant, say so with max_columns()");
  CHECK_THAT(refusal("a,b\n1,2\n" + more), StartsWith(", line 3: there are more than 262144 fields"));
  CHECK(read(more + "\n" + more, CsvOptions().max_columns(300001)).values.shape() == Shape{1, 300001});
  CHECK(values("\"a\",b\n1,\"2\"\n", CsvOptions().max_columns(2)) == Numbers{1, 2});
  CHECK_THAT(refusal("\"a\",b,\"c\"\n", CsvOptions().max_columns(2)),
             StartsWith(", line 1: there are more than 2 fields"));
  CHECK_THROWS_WITH(CsvOptions().max_columns(0), Contains("max_columns is 0: it must be at least 1"));
}

TEST_CASE("one_hot refuses to make gigabytes of a short file", "[io]") {
  std::string words;
  for (int i = 0; i < 4096; ++i) words += "w" + std::to_string(i) + "\n";
  std::string rows = "c\n" + words;
  for (int i = 0; i < 260000; ++i) rows += "w7\n";
  CHECK_THAT(refusal(rows, CsvOptions().one_hot({0})), StartsWith(": one_hot() would make 4326952960 bytes") &&
                                                           Contains("the limit is 4294967296: use categories()"));
  CHECK(read(rows, CsvOptions().categories({0})).values.shape() == Shape{264096, 1});
  CHECK_THAT(refusal(std::string(1 << 20, 'n') + "\n" + words, CsvOptions().one_hot({0})), Contains("would make"));
}

TEST_CASE("words that collide in tables of hashes are read as fast as others", "[io]") {
  const auto seconds = [](const Names& words) {
    std::string text = "w\n";
    for (const std::string& word : words) text += word + "\n";
    return seconds_of(
        [&] { CHECK(read(text, CsvOptions().categories({0})).vocabularies.at("w").size() == words.size()); });
  };
  const auto bits = static_cast<unsigned>(scaled(15, 13));
  const double ordinary = seconds(ordinary_texts(bits));
  CHECK(seconds(colliding_texts(bits)) < 6 * ordinary + 0.5);
}

TEST_CASE("an error shows the name of a column in short, without control characters", "[io]") {
  CHECK_THAT(refusal("\"b\x1b[0m\n\"\nx\n"), StartsWith(", line 3, column 1 (\"b?[0m?\"): 'x' is not a number"));
  CHECK_THAT(refusal(std::string(500, 'n') + "\nx\n"),
             StartsWith(", line 2, column 1 (\"" + std::string(100, 'n') + "...\"): "));
}

TEST_CASE("every place of a buffer's end reads the same", "[io]") {
  const std::string row = "\"a\"\"\r\n,\",1.5\r\n,-2\r\n\"\",\"3\"\r\n";
  const CsvOptions options = CsvOptions().header(false).categories({0});
  for (std::size_t spaces = 262100; spaces < 262150; ++spaces) {
    const Csv csv = read(std::string(spaces, ' ') + ",0\r\n" + row, options);
    CHECK(numbers(csv.values.to(float64))[7] == 3);
    CHECK(csv.values.shape() == Shape{4, 2});
  }
}

TEST_CASE("what write_csv writes, read_csv reads with the same bits", "[io]") {
  const Folder folder;
  const std::string path = folder.file("table.csv");
  std::mt19937_64 random(4);
  Tensor doubles = Raw::uninitialized({500, 3}, float64), floats = Raw::uninitialized({500}, float32);
  for (std::int64_t i = 0; i < 1500; ++i) {
    const std::uint64_t bits = random();
    std::memcpy(Raw::write<double>(doubles) + i, &bits, 8);
    if (i < 500) std::memcpy(Raw::write<float>(floats) + i, &bits, 4);
  }
  Raw::write<double>(doubles)[0] = -0.0;
  write_csv(doubles, path, {"a", "b,\"c\"", ""});
  CHECK_THAT(get(path), StartsWith("a,\"b,\"\"c\"\"\",\"\"\n-0,"));
  const Csv csv = read_csv(path, CsvOptions().dtype(float64));
  CHECK(csv.names == Names{"a", "b,\"c\"", ""});
  CHECK(same(numbers(csv.values), numbers(doubles)));
  CHECK(std::signbit(Raw::data<double>(csv.values)[0]));
  write_csv(floats, path, {}, ';');
  CHECK(same(numbers(read_csv(path, CsvOptions().header(false).delimiter(';')).values.to(float64)),
             numbers(floats.to(float64))));
  write_csv({{"n", Tensor{INT64_MAX, std::int64_t{-1}}},
             {"ok", Tensor{true, false}},
             {"m", Tensor({{1.5, none}, {inf, -2}})}},
            path);
  CHECK(get(path) == "n,ok,m.0,m.1\n9223372036854775807,1,1.5,nan\n-1,0,inf,-2\n");
  write_csv(zeros({0, 2}), path, {"a", "b"});
  CHECK(get(path) == "a,b\n");
  write_csv(StateDict(), path);
  CHECK(get(path) == "");
}

TEST_CASE("write_csv refuses tables that are none", "[io]") {
  const Folder folder;
  const std::string path = folder.file("table.csv");
  CHECK_THROWS_WITH(write_csv(Tensor(), path), Contains("write_csv: the table is undefined"));
  CHECK_THROWS_WITH(write_csv(Tensor(1.), path), Contains("has shape (): it must be (rows) or (rows, columns)"));
  CHECK_THROWS_WITH(write_csv(ones({2, 3}), path, {"a"}), Contains("there are 1 names for 3 columns"));
  CHECK_THROWS_WITH(write_csv({{"a", ones({2})}, {"b", ones({3})}}, path), Contains("'b' has 3 rows, 'a' has 2"));
  for (const char c : {'"', '\n', '.', '-', 'e', '5'})
    CHECK_THROWS_WITH(write_csv(ones({2}), path, {}, c), Contains("delimiter"));
  CHECK(folder.entries() == 0);
}

TEST_CASE("random bytes read or throw, and never crash", "[io]") {
  const std::string alphabet = "\"\",,;\n\n\r#ab 0123456789.-+eE" + std::string("\0\xff", 2);
  std::mt19937 random(3);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::size_t size = random() % 60; size > 0; --size) text += alphabet[random() % alphabet.size()];
    CsvOptions options;
    options.header(random() % 2 == 0).comment('#');
    if (random() % 2 == 0) options.categories({0});
    try {
      static_cast<void>(read(text, options));
    } catch (const std::runtime_error&) {
    } catch (const std::invalid_argument&) {
    }
  }
  SUCCEED();
}

TEST_CASE("a million numbers are read in well under a second", "[io]") {
  const Folder folder;
  const std::string path = folder.file("table.csv");
  manual_seed(2);
  const Tensor table = randn({scaled(100000, 5000), 10}, float64);
  write_csv(table, path);
  Tensor found;
  const double seconds = seconds_of([&] { found = read_csv(path, CsvOptions().header(false).dtype(float64)).values; });
  CHECK(sum(found != table).item() == 0);
  CHECK(seconds < 1);
  WARN(table.size() << " numbers in " << seconds << " s");
}
