import { BackendError } from '../../../core/errors';
import { BLOCK, threefry } from '../../../core/threefry';
import type { Kernel, KernelTable } from '../kernel';
import { Value } from '../value';

/**
 * The numbers that every backend draws for a key. They take 32-bit integers, which gpu.js does not have, so the host draws
 * them: it knows keys, as nothing computes them.
 */
const randomUniform: Kernel<{ readonly stream: number }> = ([key], out, { stream }, context) => {
  const words = context.hostOf(key!);
  if (words === null) {
    throw new BackendError(
      "randomUniform: backend 'gpujs' draws by keys of the host only; make the key with tensor(…).",
    );
  }
  const own = [words[key!.offset]!, words[key!.offset + key!.strides[0]!]!] as const;
  const { length } = out.block;
  const numbers = new Float32Array(length);
  const pair = new Int32Array(2);
  for (let block = 0; block < length; block += BLOCK) {
    for (let lane = 0; lane < 4; lane++) {
      threefry(own, [block / 2 + lane, stream], pair);
      for (let word = 0; word < 2; word++) {
        const i = block + 4 * word + lane;
        if (i < length) numbers[i] = (pair[word]! >>> 8) / 2 ** 24;
      }
    }
  }
  return new Value(length, numbers);
};

const makeKernels = (): KernelTable => ({ randomUniform: randomUniform as Kernel });
/** Random numbers. */
export const RANDOM: KernelTable = /* @__PURE__ */ makeKernels();
