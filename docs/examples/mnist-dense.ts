// The first network of most courses: 784-128-10 on handwritten digits, compiled, fitted, evaluated, saved, loaded.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dense, dropout, flatten, loadModel, sequential } from 'kompakt/nn';
import { choose, mnist, percent, say } from './support';

const { train, test } = mnist(choose(60_000, 4_000), choose(10_000, 1_000));
const model = sequential(
  [
    flatten(),
    dense({ units: 128, activation: 'relu' }),
    dropout({ rate: 0.2 }),
    dense({ units: 10, activation: 'softmax' }),
  ],
  { inputShape: [28, 28, 1], seed: 1 },
);
say(model.summary());
model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
const start = performance.now();
await model.fit(train.x, train.y, {
  epochs: choose(5, 2),
  verbose: 0,
});
say(`\ntrained in ${((performance.now() - start) / 1000).toFixed(1)} s`);
const { loss, accuracy } = await model.evaluate(test.x, test.y);
say(`test loss ${loss.toFixed(4)}, ${percent(accuracy!)} right`);

const file = join(mkdtempSync(join(tmpdir(), 'kompakt-')), 'digits.safetensors');
await model.save(file);
const again = await loadModel(file);
const digits = again.predict({ data: test.x.data.subarray(0, 10 * 784), shape: [10, 28, 28, 1] });
const scores = (await digits.toArray()) as number[][];
say(
  `the first ten: ${scores.map((s) => s.indexOf(Math.max(...s))).join(' ')}; they are ${test.y.subarray(0, 10).join(' ')}`,
);
say(`test accuracy ${accuracy!.toFixed(4)}`);
