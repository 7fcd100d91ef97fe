/* A libnvidia-ml.so.1 of one GPU (uuid 1111) and one MIG instance (uuid 2222), for machines without a driver.
 * Codes are NVML's: 0 success, 2 invalid argument, 3 not supported, 6 not found, 15 GPU is lost. */
#include <string.h>

typedef struct { unsigned int gpu, memory; } utilization_t;
typedef struct { unsigned long long total, free, used; } memory_t;

static char gpu, mig;
static int reads;

int nvmlInitWithFlags(unsigned int flags) { return 0; }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { return code == 3 ? "Not Supported" : code == 6 ? "Not Found" : "GPU is lost"; }

int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
    *device = !strcmp(uuid, "GPU-1111") ? &gpu : !strcmp(uuid, "MIG-2222") ? &mig : 0;
    return *device ? 0 : 6;
}

int nvmlDeviceGetUtilizationRates(void *device, utilization_t *rates) {
    rates->gpu = 73;
    rates->memory = 41;
    return device == &mig ? 3 : reads++ < 2 ? 0 : 15;
}

int nvmlDeviceGetPowerUsage(void *device, unsigned int *milliwatts) {
    *milliwatts = 212500;
    return device == &mig ? 2 : 0;
}

int nvmlDeviceGetMemoryInfo(void *device, memory_t *memory) {
    memory->used = device == &mig ? 5ull << 30 : 17ull << 30;
    return 0;
}
