#include <xtensor/xarray.hpp>

int main() { return 0; }
