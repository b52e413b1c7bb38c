import { textTable } from '../../core/text-table';
import { bytes, drawImage, percent } from '../text';
import { type DigitsResult, digitsDemo } from './digits';
import { type TabularResult, tabularDemo } from './tabular';

export interface DemoResult {
  readonly tabular: TabularResult;
  readonly digits: DigitsResult;
  readonly seconds: number;
}

/** Runs the whole main job on embedded real data; `write` receives progress and results as text. */
export async function demo(write: (text: string) => void): Promise<DemoResult> {
  const start = performance.now();
  write('1. Rare cases: breast cancer, few malignant ones\n');
  const tabular = await tabularDemo();
  write(`${describeTabular(tabular)}\n\n2. Digits: teach, shrink, ship\n`);
  const digits = await digitsDemo((step) => write(`   ${step} …`));
  const seconds = (performance.now() - start) / 1000;
  write(`\n${describeDigits(digits)}\n\ndone in ${seconds.toFixed(1)} s`);
  return { tabular, digits, seconds };
}

function describeTabular({ trainCounts, testCounts, rows }: TabularResult): string {
  const cells = rows.map((r) => [r.method, ...[r.recall, r.precision, r.f1, r.rocAuc].map((x) => x.toFixed(3))]);
  const [plain, smote] = rows;
  const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(3)}`;
  const lesson =
    `SMOTE against none: recall ${signed(smote!.recall - plain!.recall)}, ROC-AUC ${signed(smote!.rocAuc - plain!.rocAuc)}. ` +
    'Resampling moves the threshold; a ranking that is good already has little to gain.';
  return [
    `   train: ${trainCounts[0]} benign, ${trainCounts[1]} malignant; test: ${testCounts[0]} and ${testCounts[1]}`,
    textTable([['logistic regression', 'recall', 'precision', 'F1', 'ROC-AUC'], ...cells], { rule: 'head' }),
    lesson,
  ].join('\n');
}

function describeDigits({ rows, tested, example }: DigitsResult): string {
  const cells = rows.map((r) => [
    r.model,
    percent(r.accuracy),
    bytes(r.bytes),
    bytes(r.gzipBytes),
    `${r.latencyMs.toFixed(3)} ms`,
  ]);
  return [
    textTable([[`on ${tested} held-out digits`, 'accuracy', 'file', 'gzip', 'one image'], ...cells], { rule: 'head' }),
    '',
    'saved the int8 model, loaded it, and asked it for this one:',
    drawImage(example.pixels, 8),
    `it says ${example.predicted} (${percent(example.confidence)}); the label is ${example.label}.`,
  ].join('\n');
}
