// Sentences of film reviews (SST-2), without pre-trained vectors: words in ones and twos, weighed by Naive Bayes's ratios,
// and an embedding whose mean is classified.
import { CsrMatrix } from 'kompakt/data';
import { LogisticRegression } from 'kompakt/linear';
import { accuracyScore } from 'kompakt/metrics';
import { TfidfVectorizer } from 'kompakt/text';
import { choose, say, sharedFile } from './support';

const read = (name: string, most?: number): { texts: string[]; y: number[] } => {
  const lines = new TextDecoder()
    .decode(sharedFile(`text/stsa.binary.${name}.gz`))
    .trim()
    .split(/\r?\n/)
    .slice(0, most);
  return { texts: lines.map((line) => line.slice(2)), y: lines.map((line) => Number(line[0])) };
};
const train = read('train', choose(undefined, 1_500));
const dev = read('dev');
say(`${train.y.length} sentences to learn from, ${dev.y.length} to judge by`);

const { fitted, X } = await new TfidfVectorizer({
  tokenPattern: /[^\s]+/gu,
  ngramRange: [1, 2],
  sublinearTf: true,
  useIdf: false,
  norm: null,
  binary: true,
}).fitTransform(train.texts);

// log of how much oftener a word is in good sentences than in bad ones (Wang and Manning 2012).
const [rowCount, width] = X.shape;
const counts = [new Float64Array(width).fill(1), new Float64Array(width).fill(1)];
for (let r = 0; r < rowCount; r++)
  for (let e = X.indptr[r]!; e < X.indptr[r + 1]!; e++) counts[train.y[r]!]![X.indices[e]!]!++;
const totals = counts.map((c) => c.reduce((a, b) => a + b, 0));
const ratio = counts[1]!.map((c, j) => Math.log(c / totals[1]! / (counts[0]![j]! / totals[0]!)));
const weighed = (m: CsrMatrix): CsrMatrix =>
  new CsrMatrix({
    data: Float64Array.from(m.data, (v, e) => v * ratio[m.indices[e]!]!),
    indices: m.indices,
    indptr: m.indptr,
    shape: m.shape,
  });

const model = await new LogisticRegression({ C: 1, maxIter: 200 }).fit(weighed(X), train.y);
const accuracy = accuracyScore(dev.y, model.predict(weighed(fitted.transform(dev.texts))));
for (const text of ['a moving and very funny film', 'dull , lifeless and far too long'])
  say(`${text}: ${model.predict(weighed(fitted.transform([text])))[0] === 1 ? 'good' : 'bad'}`);
say(`sentiment accuracy ${accuracy.toFixed(4)}`);
