import { describe, expect, it } from 'vitest';
import * as kompakt from '../../src/index';

/** The functions that `kompakt` promises so far. */
const PROMISED = [
  'tensor zeros ones full arange linspace eye fromNdarray toNdarray to',
  'add sub mul div pow mod maximum minimum atan2 equal notEqual less lessEqual greater greaterEqual logicalAnd logicalOr',
  'logicalNot where clip neg abs sign exp expm1 log log1p sqrt rsqrt square reciprocal sin cos tan asin acos atan sinh',
  'cosh tanh erf sigmoid softplus relu leakyRelu elu selu gelu silu floor ceil round isNaN isFinite cast',
  'sum mean prod max min argMax argMin any all variance std logSumExp cumsum norm softmax logSoftmax',
  'reshape transpose broadcastTo squeeze expandDims concat stack split slice pad flip tile repeat',
  'gather scatterAdd oneHot topK sort argSort matmul outer dot einsum tensordot inv det cholesky solve resize',
  'conv1d conv2d depthwiseConv2d conv2dTranspose maxPool2d avgPool2d grad valueAndGrad vjp compile scope memory rng',
  'Tensor KompaktError ShapeError DTypeError BackendError ConfigError FormatError NotConvergedWarning',
]
  .join(' ')
  .split(' ');

/** What comes beside, each on purpose. */
const BESIDE = [
  'AbortError DisposedError NonFiniteError numpyRandom NumpyRandom Rng TensorRng fullLike moved onesLike shutdown stopGradient takeAlongAxis zerosLike',
]
  .join(' ')
  .split(' ');

describe('the face of kompakt', () => {
  it('has every function promised, and nothing by accident', () => {
    for (const name of PROMISED) expect(typeof (kompakt as Record<string, unknown>)[name], name).toBe('function');
    const known = new Set([...PROMISED, ...BESIDE]);
    expect(Object.keys(kompakt).filter((name) => !known.has(name))).toEqual([]);
  });
});
