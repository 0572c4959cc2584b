// What the memory of a mapped ELF file says about it, read through its link map.
#ifndef EMBEDCHECK_IMAGE_H
#define EMBEDCHECK_IMAGE_H

#include <link.h>
#include <stdbool.h>

// Whether its dynamic symbol table defines the symbol.
bool image_defines(const struct link_map *map, const char *symbol);

// DT_SONAME, or null.
const char *image_soname(const struct link_map *map);

// Its build-id in hexadecimal. False if it has none.
enum { BUILD_ID_TEXT = 2 * 64 + 1 };
bool image_build_id(const struct link_map *map, char text[BUILD_ID_TEXT]);

#endif
