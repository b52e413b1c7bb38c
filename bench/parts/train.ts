import { type Bar, fasterThan, within } from '../bars';
import { type CompareOptions, compare, type Entry, entry } from '../compare';
import { measure, type Timing } from '../measure';
import { OURS } from '../ours';
import type { Part, PartContext } from '../part';
import { available } from '../peers/load';
import { TFJS_PACKAGES, tfjs } from '../peers/tfjs';
import { type Torch, torch } from '../peers/torch';
import { type Job, makeJob, ourModel, tfjsCnn, tfjsMlp } from '../train-models';

const THREADS = [1, 2];
const TIMES: CompareOptions = { rounds: 9, warmUpMs: 600, roundMs: 0, tolerance: 2e-3 };

/** Training steps of a multilayer perceptron and of a small convolutional network. */
export const train: Part = {
  title: 'Training step',
  about:
    'MLP: 784 – 512 relu – 10 softmax, batch 128. CNN: conv 32 – pool – conv 64 – pool – dense 128 – dense 10 on 28×28 images, ' +
    '3×3 kernels, padding "same", batch 64. Adam; time per step of `fit` over epochs of eight steps, on one thread and on two. ' +
    'torch runs in processes of its own that take turns with the rest. All start from the same weights, and the loss of the ' +
    'first epoch has to agree. tfjs-wasm has no gradient of a convolution by its kernel; on its cpu backend a step takes half ' +
    'a minute, so that is run with `--full` only, and timed on three single steps.',
  packages: TFJS_PACKAGES,
  async run(context) {
    return [
      await stepRow(makeJob('mlp', 128), 'MLP, batch 128', context),
      await stepRow(makeJob('cnn', 64), 'CNN, batch 64', context),
    ];
  },
};

async function stepRow(job: Job, work: string, { print, full }: PartContext) {
  const models = THREADS.map((threads) => ourModel(job, threads));
  const weights = models[0]!.getWeights().map((w) => w.dataSync());
  const entries: Entry[] = models.map((model, i) =>
    entry<number>({
      name: `${OURS}, ${THREADS[i]}`,
      compute: async () => {
        const options = { epochs: 1, batchSize: job.batch, verbose: 0, seed: 1, shuffle: false } as const;
        const { history } = await model.fit(job.tensors[i]!, job.labels, options);
        return history.loss![0]!;
      },
      read: (loss) => [loss],
    }),
  );
  const children: Torch[] = [];
  for (const threads of THREADS) {
    const child = available(await torch({ ...job, weights }, threads), print);
    if (child !== undefined) children.push(child);
  }
  entries.push(...children.map((child) => child.entry));
  const tf = job.work === 'mlp' ? available(await tfjs('wasm'), print) : undefined;
  if (tf !== undefined) {
    const epoch = tfjsMlp(tf, job, weights);
    entries.push(entry<number>({ name: 'tfjs-wasm', compute: epoch, read: (loss) => [loss] }));
  }
  const timings = perStep(await compare(work, entries, TIMES), job.steps);
  for (const child of children) child.close();
  for (const model of models) model.dispose();
  for (const x of job.tensors) x.dispose();
  if (full && job.work === 'cnn') timings.push(...(await cpuSteps(job, print)));
  const note = children[0] === undefined ? undefined : `torch ${children[0].version}`;
  return { work, timings, bars: barsOf(timings), ...(note !== undefined && { note }) };
}

function perStep(timings: readonly Timing[], steps: number): Timing[] {
  return timings.map((t) => ({ ...t, medianMs: t.medianMs / steps, fastestMs: t.fastestMs / steps }));
}

async function cpuSteps(job: Job, print: (line: string) => void): Promise<Timing[]> {
  const tf = available(await tfjs('cpu'), print);
  if (tf === undefined) return [];
  print('one step of tfjs on its cpu backend takes half a minute or more; three follow');
  const timings = await measure([{ name: 'tfjs-cpu', run: tfjsCnn(tf, job) }], {
    warmUpCalls: 0,
    rounds: 3,
    roundMs: 0,
  });
  await tfjs('wasm');
  return timings;
}

function barsOf(timings: readonly Timing[]): Bar[] {
  return [
    ...THREADS.flatMap((n) =>
      within(`training, × torch’s time, ${n}`, 1.5, timings, { one: `${OURS}, ${n}`, other: `torch, ${n}` }, true),
    ),
    ...fasterThan('training × tfjs-wasm', 10, timings, { one: `${OURS}, 1`, others: ['tfjs-wasm'] }),
  ];
}
