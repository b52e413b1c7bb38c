import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compress, compressionReport, distill, prune, quantize } from '../../compress/index';
import { digits } from '../../data/index';
import { tensor } from '../../index';
import { trainTestSplit } from '../../model-selection/index';
import { conv2d, dense, dropout, flatten, loadModel, maxPool2d, type Sequential, sequential } from '../../nn/index';

export interface DigitsRow {
  readonly model: string;
  readonly accuracy: number;
  readonly bytes: number;
  readonly gzipBytes: number;
  readonly latencyMs: number;
}

export interface DigitsResult {
  readonly labelled: number;
  readonly unlabelled: number;
  readonly tested: number;
  readonly rows: readonly DigitsRow[];
  /** One held-out image, and what the reloaded int8 model makes of it. */
  readonly example: {
    readonly pixels: number[];
    readonly label: number;
    readonly predicted: number;
    readonly confidence: number;
  };
}

const SIDE = 8;
const LABELLED = 100;

type Progress = (text: string) => void;
type Images = { x: number[][][][]; y: number[] };

function images({ X, y }: { X: { data: Float64Array }; y: ArrayLike<number> }): Images {
  const size = SIDE * SIDE;
  const x = Array.from({ length: y.length }, (_, i) =>
    Array.from({ length: SIDE }, (_, r) =>
      Array.from({ length: SIDE }, (_, c) => [X.data[i * size + r * SIDE + c]! / 16]),
    ),
  );
  return { x, y: Array.from(y) };
}

const inputShape = [SIDE, SIDE, 1];

const teacherNet = (): Sequential =>
  sequential(
    [
      conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
      conv2d({ filters: 64, kernelSize: 3, padding: 'same', activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 128, activation: 'relu' }),
      dropout({ rate: 0.5 }),
      dense({ units: 10, activation: 'softmax' }),
    ],
    { inputShape, seed: 1 },
  );

const studentNet = (): Sequential =>
  sequential(
    [
      conv2d({ filters: 8, kernelSize: 3, padding: 'same', activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 32, activation: 'relu' }),
      dense({ units: 10, activation: 'softmax' }),
    ],
    { inputShape, seed: 2 },
  );

const training = { optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] } as const;

/**
 * A teacher trained on many labels; a small student on few, alone and taught by the teacher over images without labels;
 * then pruned, quantised, saved, loaded again, and asked for one digit.
 */
export async function digitsDemo(progress: Progress): Promise<DigitsResult> {
  const { XTrain, XTest, yTrain, yTest } = split();
  progress(`training the teacher on ${yTrain.length} images`);
  const teacher = teacherNet();
  teacher.compile({ ...training, metrics: ['accuracy'] });
  await teacher.fit(XTrain, yTrain, { epochs: 25, batchSize: 32, seed: 1, verbose: 0 });

  progress(`training the student on ${LABELLED} labelled images`);
  const student = studentNet();
  student.compile({ ...training, metrics: ['accuracy'] });
  await student.fit(XTrain.slice(0, LABELLED), yTrain.slice(0, LABELLED), {
    epochs: 60,
    batchSize: 16,
    seed: 2,
    verbose: 0,
  });

  const lesson = { teacher, x: tensor(XTrain), temperature: 4, batchSize: 32, verbose: 0 } as const;
  progress(`teaching the student over ${yTrain.length} images without labels`);
  const distilled = await compress(student, [distill({ ...lesson, epochs: 40, seed: 3 })]);
  progress('pruning 70 % of its weights, teaching what is left');
  const pruned = await compress(distilled, [prune({ sparsity: 0.7 }), distill({ ...lesson, epochs: 25, seed: 4 })]);
  progress('quantising to int8');
  const int8 = await compress(pruned, [quantize({ calibration: XTrain.slice(0, 300) })]);

  const rows: DigitsRow[] = [];
  for (const [name, model] of Object.entries({
    teacher,
    'student, 100 labels alone': student,
    'student, distilled': distilled,
    '… pruned 70 %': pruned,
    '… and int8': int8,
  })) {
    const { after } = await compressionReport(model, model, { x: XTest, y: yTest });
    rows.push({
      model: name,
      accuracy: after.score!,
      bytes: after.bytes,
      gzipBytes: after.gzipBytes,
      latencyMs: after.latencyMs,
    });
  }
  const example = await saveLoadPredict(int8, XTest[5]!, yTest[5]!);
  return { labelled: LABELLED, unlabelled: yTrain.length, tested: yTest.length, rows, example };
}

function split() {
  const { x, y } = images(digits());
  return trainTestSplit(x, y, { testSize: 500, stratify: true, seed: 0 });
}

async function saveLoadPredict(
  model: Sequential,
  image: number[][][],
  label: number,
): Promise<DigitsResult['example']> {
  const folder = await mkdtemp(join(tmpdir(), 'kompakt-'));
  try {
    const path = join(folder, 'digits-int8.safetensors');
    await model.save(path);
    const loaded = await loadModel(path);
    const probabilities = Array.from(loaded.predict([image]).dataSync());
    const predicted = probabilities.indexOf(Math.max(...probabilities));
    return { pixels: image.flat(2), label, predicted, confidence: probabilities[predicted]! };
  } finally {
    await rm(folder, { recursive: true });
  }
}
