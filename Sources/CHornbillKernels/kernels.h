// All kernels of one instruction set. The including file defines W, ROWS and NAME.

#include "CHornbillKernels.h"

#include "vector.h"

#include "tile.h"

#include "patches.h"

#include "product.h"

#include "winograd.h"

#include "elementwise.h"

#include "window.h"

#include "recurrence.h"

#include "statistics.h"

static const hb_kernels kernels = {
    .name = NAME,
    .panel = PANEL,
    .pack = pack,
    .lanes = W,
    .pack_gates = pack_gates,
    .product_scratch = ROW_BLOCK * (ROW_STRIDE + SUM_STRIDE),
    .product = product,
    .winograd_pack = winograd_pack,
    .winograd_scratch = winograd_scratch,
    .winograd = winograd,
    .steps = steps,
    .apply = apply,
    .affine = affine,
    .softmax = softmax,
    .normalize = normalize,
    .depthwise = depthwise,
    .pool = pool,
    .statistics = statistics,
    .peak = peak,
};
