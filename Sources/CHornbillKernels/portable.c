#define W 4
#define ROWS 4
#define NAME "portable"
#include "kernels.h"

const hb_kernels* hb_kernels_portable(void) { return &kernels; }
