// What compression costs on Fashion-MNIST: node scripts/run-ts.mjs bench/evidence/fashion.ts [train count] [epochs]
import { compress, compressionReport, distill, finetune, prune, quantize } from '../../src/compress/index';
import { conv2d, dense, dropout, flatten, maxPool2d, type Sequential, sequential } from '../../src/nn/index';
import { fashion, type ImageSet, rows } from './fashion-data';

const count = Number(process.argv[2] ?? 60_000);
const epochs = Number(process.argv[3] ?? 8);
const inputShape = [28, 28, 1];
const say = (text: string): void => console.log(text);

function cnn(seed: number): Sequential {
  const model = sequential(
    [
      conv2d({ filters: 16, kernelSize: 3, activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      flatten(),
      dropout({ rate: 0.25 }),
      dense({ units: 96, activation: 'relu' }),
      dense({ units: 10, activation: 'softmax' }),
    ],
    { inputShape, seed },
  );
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

function student(seed: number): Sequential {
  const model = sequential(
    [
      conv2d({ filters: 8, kernelSize: 3, strides: 2, activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 32, activation: 'relu' }),
      dense({ units: 10, activation: 'softmax' }),
    ],
    { inputShape, seed },
  );
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

const accuracy = async (model: Sequential, { x, y }: ImageSet): Promise<number> =>
  (await compressionReport(model, model, { x, y, runs: 1 })).after.score!;
const points = (a: number): string => (100 * a).toFixed(2);

const { train, test } = fashion(count);
say(`Fashion-MNIST: ${train.y.length} training images, ${test.y.length} test images, ${epochs} epochs`);
const start = performance.now();
const teacher = cnn(0);
await teacher.fit(train.x, train.y, { epochs, batchSize: 64, seed: 0, verbose: 0 });
say(
  `float CNN (${teacher.countParams()} parameters): ${points(await accuracy(teacher, test))} %, ${((performance.now() - start) / 1000 / epochs).toFixed(1)} s an epoch`,
);

const int8 = await compress(teacher, [quantize({ calibration: rows(train, 0, 512).x })]);
say(`int8: ${points(await accuracy(int8, test))} %`);
const tune = { x: train.x, y: train.y, batchSize: 64, verbose: 0 } as const;
const uniform = await compress(teacher, [prune({ sparsity: 0.8 }), finetune({ ...tune, epochs: 4, seed: 1 })]);
say(`80 % of every layer pruned, fine-tuned for 4 epochs: ${points(await accuracy(uniform, test))} %`);
const pruned = await compress(teacher, [
  prune({ sparsity: 0.5, scope: 'global' }),
  finetune({ ...tune, epochs: 1, seed: 1 }),
  prune({ sparsity: 0.8, scope: 'global' }),
  finetune({ ...tune, epochs: 3, seed: 2 }),
]);
say(
  `80 % pruned over all layers in two steps, fine-tuned for 1 and 3 epochs: ${points(await accuracy(pruned, test))} %`,
);
const both = await compress(pruned, [quantize({ calibration: rows(train, 0, 512).x })]);
say(`80 % pruned and int8: ${points(await accuracy(both, test))} %\n`);
say(String(await compressionReport(teacher, both, { x: test.x, y: test.y })));

const labelled = rows(train, 0, 500);
const unlabelled = rows(train, 500, Math.min(20_500, train.y.length));
say(
  `\ndistillation: ${labelled.y.length} labels, ${unlabelled.y.length} images without; seed, student alone, distilled`,
);
for (const seed of [1, 2, 3]) {
  const small = student(seed);
  await small.fit(labelled.x, labelled.y, { epochs: 40, batchSize: 32, seed, verbose: 0 });
  const taught = await compress(small, [
    distill({ teacher, x: unlabelled.x, temperature: 4, epochs: 5, batchSize: 64, seed, verbose: 0 }),
  ]);
  say(`${seed}  ${points(await accuracy(small, test))} %  ${points(await accuracy(taught, test))} %`);
}
const same = student(4);
await same.fit(train.x, train.y, { epochs: 5, batchSize: 64, seed: 4, verbose: 0 });
const again = await compress(student(4), [
  distill({
    teacher,
    x: train.x,
    y: train.y,
    temperature: 4,
    alpha: 0.5,
    epochs: 5,
    batchSize: 64,
    seed: 4,
    verbose: 0,
  }),
]);
say(
  `with all ${train.y.length} labels for both: alone ${points(await accuracy(same, test))} %, distilled ${points(await accuracy(again, test))} %`,
);
say(`${((performance.now() - start) / 1000).toFixed(0)} s in all`);
