import type { Pass } from '../compress/pass';
import { KompaktError } from '../core/errors';
import { Rng } from '../core/rng';
import { sameShape, sizeOf } from '../core/shape';
import { memory, type Tensor } from '../core/tensor';
import { loadModel } from '../nn/load';
import { Sequential } from '../nn/sequential';
import { asTensor, type TensorLike, tensor } from '../ops/create';

export interface CheckPassOptions {
  /** Makes a built model that the pass can be applied to. */
  readonly model: () => Sequential;
  /** Inputs to predict on; default: 8 random normal samples. */
  readonly x?: TensorLike | undefined;
  /** The same pass at zero strength, such as `prune({ sparsity: 0 })`: it must leave predictions as they were. */
  readonly identity?: Pass | undefined;
  /** How far predictions after `identity` may be off; default 0. */
  readonly tolerance?: number | undefined;
}

/**
 * Checks that a compression pass keeps the contract of all passes: it returns a new model, leaves its input as it was to
 * the last bit, shares nothing with it that freeing either would break, leaks no tensor, and what it returns predicts,
 * saves and loads. Uses no test framework: it throws where the contract is broken.
 *
 * @param pass - the pass.
 * @param options - `model`: makes models to try it on; `identity`: the pass at zero strength.
 * @throws KompaktError that names the broken rule.
 *
 * @example
 * ```ts
 * import { prune } from 'kompakt/compress';
 * import { dense, sequential } from 'kompakt/nn';
 * import { checkPass } from 'kompakt/testing';
 * const model = () => sequential([dense({ units: 4 })], { inputShape: [3], seed: 1 });
 * await checkPass(prune({ sparsity: 0.5 }), { model, identity: prune({ sparsity: 0 }) });
 * ```
 */
export async function checkPass(pass: Pass, options: CheckPassOptions): Promise<void> {
  const model = options.model();
  const own = options.x === undefined ? randomInputs(model) : asTensor(options.x);
  try {
    await checkApplication(pass, model, own);
    if (options.identity !== undefined) await checkIdentity(options.identity, model, own, options.tolerance ?? 0);
    await checkIndependence(pass, options.model, own);
  } finally {
    model.dispose();
    if (own !== options.x) own.dispose();
  }
}

const fail = (what: string): never => {
  throw new KompaktError(`checkPass: ${what}`);
};

function randomInputs(model: Sequential): Tensor {
  const shape = [8, ...model.inputShape!];
  const rng = new Rng('checkPass');
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => rng.gaussian()),
    { shape, backend: model.backend },
  );
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

/** Predictions on the host. */
async function predictions(model: Sequential, x: Tensor): Promise<Float64Array> {
  const y = model.predict(x);
  try {
    return Float64Array.from(await y.data());
  } finally {
    y.dispose();
  }
}

async function checkApplication(pass: Pass, model: Sequential, x: Tensor): Promise<void> {
  const before = await model.toBytes();
  const tensors = memory().tensors;
  const result = await pass(model);
  if (!(result instanceof Sequential)) return fail('the pass did not return a model.');
  if (result === model) fail('the pass returned its input. Return a copy, so that either can be disposed.');
  try {
    if (!sameBytes(before, await model.toBytes())) fail('the pass changed its input. Build a new model instead.');
    await checkUsable(result, model, x);
  } finally {
    result.dispose();
  }
  const leaked = memory().tensors - tensors;
  if (leaked > 0) fail(`the pass leaked ${leaked} tensors. Do its work in scope(…).`);
}

async function checkUsable(result: Sequential, model: Sequential, x: Tensor): Promise<void> {
  if (!sameShape(result.inputShape ?? [], model.inputShape!)) fail('the result takes inputs of another shape.');
  if (!sameShape(result.outputShape, model.outputShape)) fail('the result gives outputs of another shape.');
  const y = await predictions(result, x);
  if (y.length !== x.shape[0]! * sizeOf(result.outputShape))
    fail('the result does not predict one output for each sample.');
  if (!y.every(Number.isFinite)) fail('the result predicts NaN or infinity for finite inputs.');
  const loaded = await loadModel(await result.toBytes(), { backend: result.backend });
  try {
    const again = await predictions(loaded, x);
    if (!again.every((v, i) => v === y[i])) fail('the result predicts something else after being saved and loaded.');
  } finally {
    loaded.dispose();
  }
}

async function checkIdentity(identity: Pass, model: Sequential, x: Tensor, tolerance: number): Promise<void> {
  const expected = await predictions(model, x);
  const result = await identity(model);
  try {
    const got = await predictions(result, x);
    const worst = got.reduce((m, v, i) => Math.max(m, Math.abs(v - expected[i]!)), 0);
    if (got.length !== expected.length || !(worst <= tolerance))
      fail(`at zero strength predictions differ by up to ${worst}; at most ${tolerance} is allowed.`);
  } finally {
    result.dispose();
  }
}

/** Freeing the input must leave the result whole, and the other way round. */
async function checkIndependence(pass: Pass, make: () => Sequential, x: Tensor): Promise<void> {
  const source = make();
  const result = await pass(source);
  try {
    source.dispose();
    await predictions(result, x).catch((error: unknown) =>
      fail(`the result needs tensors of its input: ${String(error)}`),
    );
  } finally {
    result.dispose();
  }
  const kept = make();
  try {
    (await pass(kept)).dispose();
    await predictions(kept, x).catch((error: unknown) =>
      fail(`disposing of the result frees tensors of its input: ${String(error)}`),
    );
  } finally {
    kept.dispose();
  }
}
