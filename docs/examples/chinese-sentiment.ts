// Is a review of a meal good or bad? Chinese without blanks: characters in ones and twos, first with a linear model, then with
// an embedding and a recurrent network. A fifth of the reviews is held out.
import { LogisticRegression } from 'kompakt/linear';
import { accuracyScore, f1Score } from 'kompakt/metrics';
import { trainTestSplit } from 'kompakt/model-selection';
import {
  bidirectional,
  dense,
  dropout,
  embedding,
  globalMaxPool1d,
  gru,
  sequential,
  spatialDropout1d,
} from 'kompakt/nn';
import { padSequences, segment, TfidfVectorizer, Tokenizer } from 'kompakt/text';
import { choose, say, sharedRows } from './support';

const rows = sharedRows('text/waimai_train.tsv.gz').slice(0, choose(undefined, 1_200));
const texts = rows.map(([, text]) => text!);
const y = rows.map(([label]) => Number(label));
const { XTrain, XTest, yTrain, yTest } = trainTestSplit(texts, y, { testSize: 0.2, stratify: true, seed: 42 });
say(
  `${XTrain.length} reviews to learn from, ${XTest.length} held out; ${segment(texts[0]!, { locale: 'zh' }).join(' | ')}`,
);

const { fitted: vectorizer, X } = await new TfidfVectorizer({
  analyzer: 'char',
  ngramRange: [1, 3],
  minDf: 2,
  sublinearTf: true,
}).fitTransform(XTrain);
const linear = await new LogisticRegression({ C: 4, maxIter: 300, classWeight: 'balanced' }).fit(X, yTrain);
const XHeld = vectorizer.transform(XTest);
const linearRight = accuracyScore(yTest, linear.predict(XHeld));
say(`characters in ones to threes, logistic regression: accuracy ${linearRight.toFixed(4)}`);

const length = 64;
const tokenizer = new Tokenizer({ charLevel: true, numWords: 2_500, oovToken: '?' });
tokenizer.fitOnTexts(XTrain);
const sequences = (list: readonly string[]) =>
  padSequences(tokenizer.textsToSequences(list), { maxlen: length, padding: 'post', truncating: 'post' });
const model = sequential(
  [
    embedding({ inputDim: 2_500, outputDim: 64 }),
    spatialDropout1d({ rate: 0.3 }),
    bidirectional({ layer: gru({ units: 48, returnSequences: true }) }),
    globalMaxPool1d(),
    dropout({ rate: 0.4 }),
    dense({ units: 1, activation: 'sigmoid' }),
  ],
  { inputShape: [length], seed: 7 },
);
model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
await model.fit(sequences(XTrain), yTrain, { epochs: choose(5, 1), batchSize: 64, verbose: 0, seed: 7 });
const probabilities = Array.from(await model.predict(sequences(XTest)).data());
const right = accuracyScore(
  yTest,
  probabilities.map((p) => (p > 0.5 ? 1 : 0)),
);
say(`characters, bidirectional GRU: accuracy ${right.toFixed(4)}`);

const together = await linear.predictProba(XHeld).data();
const both = probabilities.map((p, i) => ((p + together[2 * i + 1]!) / 2 > 0.5 ? 1 : 0));
say(`both: accuracy ${accuracyScore(yTest, both).toFixed(4)}, F1 ${f1Score(yTest, both).toFixed(4)}`);
for (const text of ['味道很好，送得很快！', '等了两个小时，菜都凉了']) {
  const p = (await model.predict(sequences([text])).data())[0]!;
  say(`${text} ${p > 0.5 ? 'good' : 'bad'} (${p.toFixed(2)})`);
}
say(`sentiment accuracy ${accuracyScore(yTest, both).toFixed(4)}`);
