import { ConfigError, DisposedError, full, ones, ShapeError, tensor, zeros } from 'kompakt';
import * as c from 'kompakt/compress';
import { dense, type Sequential, sequential } from 'kompakt/nn';
import { describe } from 'vitest';
import { js, loose, type Refusal, refuses } from './refusals';

const X = Array.from({ length: 12 }, (_, i) => [i, 12 - i, i % 3, 1]);
const y = X.map((_, i) => i % 3);
const calibration = ones([2, 4]);

function net(units = 3): Sequential {
  const model = sequential([dense({ units, activation: 'softmax' })], { inputShape: [4], seed: 1 });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  return model;
}

function disposed(): Sequential {
  const model = net();
  model.dispose();
  return model;
}

describe('passes refuse', () => {
  const rows: Refusal[] = [
    ['no options', () => loose(c.prune)(), ConfigError, /prune: the options/],
    ['to prune one and a half', () => c.prune({ sparsity: 1.5 }), ConfigError, /\[0, 1\], got 1\.5/],
    ['to prune NaN', () => c.prune({ sparsity: Number.NaN }), ConfigError, /NaN/],
    ['unknown granularity', () => c.prune({ sparsity: 0.5, granularity: js('x') }), ConfigError, /'x'/],
    ['4 of every 2', () => c.prune({ granularity: '4:2' }), ConfigError, /'4:2'/],
    ['unknown criteria', () => c.prune({ sparsity: 0.5, criterion: js('x') }), ConfigError, /magnitude/],
    ['torch’s names', () => c.prune(js({ amount: 0.5 })), ConfigError, /'amount'.*sparsity/],
    [
      'activations nobody gave',
      () => c.prune({ sparsity: 0.5, criterion: 'wanda' })(net()),
      ConfigError,
      /calibration/,
    ],
    ['layers that are not there', () => c.prune({ sparsity: 0.5, layers: ['x'] })(net()), ConfigError, /'x'.*dense/],
    ['what is no model', () => c.prune({ sparsity: 0.5 })(js(null)), ConfigError, /Sequential/],
    [
      'models not built',
      () => c.prune({ sparsity: 0.5 })(sequential([dense({ units: 1 })])),
      ConfigError,
      /inputShape/,
    ],
    ['disposed models', () => c.prune({ sparsity: 0.5 })(disposed()), DisposedError, /disposed/],
    ['no calibration', () => c.quantize(js({})), ConfigError, /calibration/],
    [
      'calibration of another shape',
      () => c.quantize({ calibration: ones([2, 5]) })(net()),
      ConfigError,
      /\[4\].*\[2, 5\]/,
    ],
    ['calibration without samples', () => c.quantize({ calibration: zeros([0, 4]) })(net()), ConfigError, /\[0, 4\]/],
    ['calibration with NaN', () => c.quantize({ calibration: full([2, 4], Number.NaN) })(net()), ConfigError, /NaN/],
    ['unknown schemes', () => c.quantize({ calibration, scheme: js('int4') }), ConfigError, /'int4'/],
    ['unknown options', () => c.quantize(js({ calibration, bits: 4 })), ConfigError, /'bits'/],
    ['unknown observers', () => c.quantize({ calibration, observer: js('max') })(net()), ConfigError, /'max'.*minmax/],
    [
      'to train integers',
      async () => {
        const int8 = await c.quantize({ calibration })(net());
        return c.finetune({ x: X, y })(int8);
      },
      ConfigError,
      /integer|quanti/,
    ],
    ['to tune without options', () => loose(c.finetune)(), ConfigError, /finetune/],
    [
      'to tune without a loss',
      () => c.finetune({ x: X, y })(sequential([dense({ units: 3 })], { inputShape: [4] })),
      ConfigError,
      /loss/,
    ],
    ['−1 epochs', () => c.finetune({ x: X, y, epochs: -1 })(net()), ConfigError, /-1/],
    ['no teacher', () => c.distill({ teacher: js(null), x: X })(net()), ConfigError, /teacher/],
    ['no inputs to teach on', () => c.distill(js({ teacher: net() })), ConfigError, /x/],
    ['a temperature of 0', () => c.distill({ teacher: net(), x: X, temperature: 0 }), ConfigError, /temperature.*0/],
    ['alpha of 2', () => c.distill({ teacher: net(), x: X, alpha: 2 }), ConfigError, /alpha.*2/],
    ['teachers of other classes', () => c.distill({ teacher: net(), x: X })(net(2)), ShapeError, /3 classes.*2/],
    ['too few labels', () => c.distill({ teacher: net(), x: X, y: [0] })(net()), ShapeError, /12 inputs/],
  ];
  refuses(rows);
});

describe('compress and its report refuse', () => {
  const report = (options: object) => () => c.compressionReport(net(), net(), js(options));
  const rows: Refusal[] = [
    ['nothing', () => loose(c.compress)(), ConfigError, /Sequential/],
    ['no passes', () => loose(c.compress)(net()), ConfigError, /array of passes/],
    ['a pass alone', () => c.compress(net(), js(c.foldBatchNorm())), ConfigError, /array of passes/],
    ['what is no pass', () => c.compress(net(), [js(3)]), ConfigError, /pass 0/],
    ['passes that return nothing', () => c.compress(net(), [js(async () => {})]), ConfigError, /pass 0 returned/],
    ['no inputs to measure on', report({}), ConfigError, /x/],
    ['inputs of another shape', report({ x: ones([2, 9]) }), ShapeError, /\[batch, 9\]/],
    ['no inputs', report({ x: zeros([0, 4]) }), ShapeError, /no samples/],
    ['other numbers of targets', report({ x: X, y: [0] }), ShapeError, /12.*1/],
    ['no runs', report({ x: X, runs: 0 }), ConfigError, /runs.*0/],
  ];
  refuses(rows);
});

describe('the pieces refuse', () => {
  const q = { scale: 1, zeroPoint: 0, qmin: -128, qmax: 127 };
  const decay = { initialSparsity: 0, finalSparsity: 0.5, beginStep: 0, endStep: 10 };
  const rows: Refusal[] = [
    ['unknown observers', () => c.observer({ kind: js('x') }), ConfigError, /'x'/],
    ['answers before questions', () => c.observer().params(), ConfigError, /before any sample/],
    ['NaN', () => c.observer().observe(tensor([Number.NaN])), ConfigError, /NaN/],
    ['a scale of 0', () => c.fakeQuantize(ones([2]), { ...q, scale: 0 }), ConfigError, /positive.*0/],
    ['no scale', () => loose(c.fakeQuantize)(ones([2]), {}), ConfigError, /scale/],
    ['zero points between integers', () => c.fakeQuantize(ones([2]), { ...q, zeroPoint: 0.5 }), ConfigError, /0\.5/],
    ['bounds the wrong way round', () => c.fakeQuantize(ones([2]), { ...q, qmin: 5, qmax: 1 }), ConfigError, /5 and 1/],
    ['negative multipliers', () => c.quantizeMultiplier(-1), ConfigError, /-1/],
    ['sparsity of 2', () => c.polynomialDecay({ ...decay, initialSparsity: 2 }), ConfigError, /2/],
    ['to end before the beginning', () => c.polynomialDecay({ ...decay, beginStep: 20 }), ConfigError, /20 and 10/],
    ['no schedule', () => loose(c.polynomialDecay)(), ConfigError, /polynomialDecay/],
    [
      'logits of other shapes',
      () => c.distillationLoss(ones([2, 3]), ones([2, 4])),
      ShapeError,
      /\[2, 3\] and \[2, 4\]/,
    ],
    [
      'negative temperatures',
      () => c.distillationLoss(ones([2, 3]), ones([2, 3]), { temperature: -1 }),
      ConfigError,
      /-1/,
    ],
  ];
  refuses(rows);
});
