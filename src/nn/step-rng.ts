import type { Backend } from '../core/backend';
import { ConfigError } from '../core/errors';
import { Rng } from '../core/rng';
import type { Shape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { cos, log, mul, sqrt, sub } from '../ops/elementwise';
import { randomUniform } from '../ops/random-uniform';

/** The next 64 bits of a stream as a key, a tensor of two int32 numbers. */
export function drawKey(rng: Rng, backend: Backend): Tensor {
  const words = new Int32Array(2);
  for (let i = 0; i < 2; i++) words[i] = Math.floor(rng.random() * 2 ** 32);
  return Tensor.from(backend, words, 'int32', [2]);
}

/**
 * The randomness of one training step, all of it a function of a key. The key is a tensor, so it can be an input of a
 * compiled step, which then draws anew in every call.
 *
 * Layers that draw numbers on the host get them from the stream the key came from; there is none in a compiled step, where
 * such numbers would be those of the first step for ever.
 */
export class StepRng extends Rng {
  #uses = 0;

  constructor(
    readonly key: Tensor,
    readonly host: Rng | null,
  ) {
    super(0);
  }

  /** Uniform numbers in [0, 1), float32; other ones for each use within the step. */
  uniform(shape: Shape): Tensor {
    return randomUniform(this.key, { shape, stream: this.#uses++ });
  }

  override random(): number {
    return this.#stream().random();
  }

  override gaussian(): number {
    return this.#stream().gaussian();
  }

  override split(): this {
    return this.#stream().split() as this;
  }

  /** How many times numbers were drawn; setting it back draws the same ones again. */
  get uses(): number {
    return this.#uses;
  }

  set uses(count: number) {
    this.#uses = count;
  }

  /** The same randomness from its beginning. */
  override restart(): this {
    return new StepRng(this.key, this.host?.restart() ?? null) as this;
  }

  #stream(): Rng {
    if (this.host === null)
      throw new ConfigError('rng: numbers of the host can’t be drawn while a step is compiled; it runs uncompiled.');
    return this.host;
  }
}

/** For rounds that all draw the same numbers: a function to call before each, which returns what to draw from. */
export function repeating(rng: Rng | null): () => Rng | null {
  if (rng instanceof StepRng) {
    const { uses } = rng;
    return () => {
      rng.uses = uses;
      return rng;
    };
  }
  const own = rng?.split() ?? null;
  return () => own?.restart() ?? null;
}

/** Uniform numbers in [0, 1) for all elements of `x`, or of another shape beside it; float32. */
export function uniformFor(x: Tensor, rng: Rng, shape: Shape = x.shape): Tensor {
  if (rng instanceof StepRng) return rng.uniform(shape);
  const key = drawKey(rng, x.backend);
  try {
    return randomUniform(key, { shape, stream: 0 });
  } finally {
    key.dispose();
  }
}

/** Standard normal numbers likewise, by the transform of Box and Muller. */
export function normalFor(x: Tensor, rng: Rng, shape: Shape = x.shape): Tensor {
  const radius = sqrt(mul(log(sub(1, uniformFor(x, rng, shape))), -2));
  return mul(radius, cos(mul(uniformFor(x, rng, shape), 2 * Math.PI)));
}
