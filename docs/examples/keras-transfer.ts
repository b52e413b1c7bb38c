// A model that Keras saved reads digits here as it did there; then its convolutions, left as they are, get a new head that tells
// odd digits from even ones after a few hundred examples.
import { fromKeras } from 'kompakt/io';
import { dense, type Sequential, sequential, submodel, withTrainable } from 'kompakt/nn';
import { choose, mnist, percent, rowsOf, say, sharedFile } from './support';

const digits = (await fromKeras(sharedFile('models/moonflower_mnist.h5'))) as Sequential;
say(digits.summary());
const { train, test } = mnist(choose(2_000, 600), choose(10_000, 500));
digits.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
say(`digits, as Keras taught it: ${percent((await digits.evaluate(test.x, test.y)).accuracy!)} right`);

const features = withTrainable(submodel(digits, { outputs: 'flatten' }), false);
const parity = sequential([features, dense({ units: 1, activation: 'sigmoid' })], { seed: 1 });
parity.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
const odd = (labels: Int32Array) => labels.map((d) => d % 2);
const few = rowsOf(train, 0, choose(1_000, 300));
await parity.fit(few.x, odd(few.y), { epochs: choose(10, 3), verbose: 0, seed: 1 });
const { accuracy } = await parity.evaluate(test.x, odd(test.y));
say(`odd or even, from ${few.y.length} examples and the features of digits`);
say(`test accuracy ${accuracy!.toFixed(4)}`);
