// A VGG-style teacher, and a student a fraction of its size that learns from it: few labels, many images without.
import { compress, compressionReport, distill, quantize } from 'kompakt/compress';
import {
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  globalAvgPool2d,
  maxPool2d,
  type Sequential,
  sequential,
} from 'kompakt/nn';
import { choose, fashion, percent, rowsOf, say } from './support';

const inputShape = [28, 28, 1];
const compiled = (model: Sequential): Sequential => {
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
};
/** Two convolutions of 3×3, then a pool, three times over, as in VGG, with normalisation. */
const block = (filters: number) => [
  conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' }),
  conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' }),
  batchNorm(),
  maxPool2d({ poolSize: 2 }),
];
const vgg = (seed: number): Sequential =>
  compiled(
    sequential(
      [
        ...block(16),
        ...block(32),
        ...block(48),
        flatten(),
        dropout({ rate: 0.4 }),
        dense({ units: 96, activation: 'relu' }),
        dense({ units: 10, activation: 'softmax' }),
      ],
      { inputShape, seed },
    ),
  );
const small = (seed: number): Sequential =>
  compiled(
    sequential(
      [
        conv2d({ filters: 12, kernelSize: 3, activation: 'relu' }),
        maxPool2d({ poolSize: 2 }),
        conv2d({ filters: 24, kernelSize: 3, activation: 'relu' }),
        maxPool2d({ poolSize: 2 }),
        conv2d({ filters: 24, kernelSize: 3, activation: 'relu' }),
        globalAvgPool2d(),
        dense({ units: 10, activation: 'softmax' }),
      ],
      { inputShape, seed },
    ),
  );

const { train, test } = fashion(choose(20_500, 1_200), choose(10_000, 500));
const labelled = rowsOf(train, 0, choose(1_000, 300));
const unlabelled = rowsOf(train, labelled.y.length, train.y.length);
const right = async (model: Sequential): Promise<number> => (await model.evaluate(test.x, test.y)).accuracy!;

const teacher = vgg(0);
await teacher.fit(train.x, train.y, { epochs: choose(6, 2), batchSize: 64, seed: 0, verbose: 0 });
say(`teacher, ${teacher.countParams()} parameters, all labels: ${percent(await right(teacher))}`);

const alone = small(1);
await alone.fit(labelled.x, labelled.y, { epochs: choose(60, 3), batchSize: 64, seed: 1, verbose: 0 });
say(`student alone, ${alone.countParams()} parameters, ${labelled.y.length} labels: ${percent(await right(alone))}`);

const taught = await compress(small(1), [
  distill({ teacher, x: unlabelled.x, temperature: 4, alpha: 1, epochs: choose(15, 2), batchSize: 64, seed: 1 }),
]);
const distilled = await right(taught as Sequential);
say(`student, taught on ${unlabelled.y.length} images without labels: ${percent(distilled)}`);

const int8 = await compress(taught, [quantize({ calibration: rowsOf(train, 0, 256).x })]);
say(String(await compressionReport(teacher, int8, { x: test.x, y: test.y })));
say(`distilled accuracy ${distilled.toFixed(4)}`);
