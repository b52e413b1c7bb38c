// From Chinese to English: an encoder reads characters, a decoder writes words and looks back at what it reads (attention).
// With --transformer, blocks of a small transformer take the place of the recurrent layers. Taught with the right words so far
// (teacher forcing); then it writes alone, by beam search.
import { reshape, rng, scope, slice } from 'kompakt';
import { chrfScore, corpusBleu } from 'kompakt/metrics';
import {
  attention,
  bidirectional,
  concatenate,
  dense,
  dropout,
  embedding,
  gru,
  input,
  type Model,
  model,
  sparseCategoricalCrossentropy,
  tokenAndPositionEmbedding,
  transformerDecoder,
  transformerEncoder,
} from 'kompakt/nn';
import { adam, cosine } from 'kompakt/optim';
import { beamSearch, padSequences, Tokenizer } from 'kompakt/text';
import { choose, say, sharedRows } from './support';

const SOURCE = 20;
const TARGET = 14;
const [PAD, START, END] = [0, 1, 2];
const UNITS = choose(128, 32);
const BATCH = 64;

const words = (text: string): string[] =>
  text
    .toLowerCase()
    .replace(/([.,!?;:"])/g, ' $1 ')
    .split(/\s+/)
    .filter((w) => w !== '');
const pairs = sharedRows('text/cmn_train.tsv.gz')
  .map(([english, chinese]) => ({ english: english!, source: Array.from(chinese!), target: words(english!) }))
  .filter(({ source, target }) => source.length <= SOURCE && target.length <= TARGET - 2);
const order = rng(17).permutation(pairs.length);
const mixed = Array.from(order, (i) => pairs[i]!).slice(0, choose(undefined, 600));
const held = mixed.slice(0, choose(300, 20));
const learn = mixed.slice(held.length);

// What stands for a rare word must be no word itself: '?' would be the question mark's number, too.
const RARE = '<rare>';
const reader = new Tokenizer({ numWords: choose(2_200, 600), oovToken: RARE });
reader.fitOnTexts(learn.map((p) => p.source));
// The first two numbers after padding are the beginning and the end of a sentence.
const VOCABULARY = choose(3_000, 500);
const writer = new Tokenizer({ numWords: VOCABULARY - 2, oovToken: RARE });
writer.fitOnTexts(learn.map((p) => p.target));
const sources = (list: readonly { source: string[] }[]): number[][] =>
  padSequences(reader.textsToSequences(list.map((p) => p.source)), {
    maxlen: SOURCE,
    padding: 'post',
    truncating: 'post',
  });
const targets = (list: readonly { target: string[] }[]): number[][] =>
  writer.textsToSequences(list.map((p) => p.target)).map((line) => [START, ...line.map((w) => w + 2), END]);
const padded = (lines: readonly (readonly number[])[]): number[][] =>
  padSequences(lines as number[][], { maxlen: TARGET, padding: 'post', truncating: 'post', value: PAD });

function recurrent(): Model {
  const [chinese, english] = [input([SOURCE], { name: 'chinese' }), input([TARGET], { name: 'english' })];
  const read = embedding({ inputDim: choose(2_200, 600), outputDim: UNITS, maskZero: true }).apply(chinese);
  const reads = gru({ units: UNITS / 2, returnSequences: true, returnState: true });
  const [encoded, ...states] = bidirectional({ layer: reads }).apply(dropout({ rate: 0.2 }).apply(read));
  const written = embedding({ inputDim: VOCABULARY, outputDim: UNITS, maskZero: true }).apply(english);
  // It begins with what the encoder has in mind at the end.
  const state = concatenate().apply(states);
  const decoded = gru({ units: UNITS, returnSequences: true }).apply([dropout({ rate: 0.2 }).apply(written), state]);
  const seen = attention({ useScale: true }).apply([decoded, encoded!]);
  const both = dense({ units: UNITS, activation: 'tanh' }).apply(concatenate().apply([decoded, seen]));
  return model({
    inputs: [chinese, english],
    outputs: dense({ units: VOCABULARY }).apply(dropout({ rate: 0.2 }).apply(both)),
    seed: 3,
  });
}

function transformer(): Model {
  const [chinese, english] = [input([SOURCE], { name: 'chinese' }), input([TARGET], { name: 'english' })];
  const block = { intermediateDim: 2 * UNITS, numHeads: 4, dropout: 0.1 };
  const shared = { embeddingDim: UNITS, maskZero: true };
  let read = tokenAndPositionEmbedding({ vocabularySize: choose(2_200, 600), sequenceLength: SOURCE, ...shared }).apply(
    chinese,
  );
  let written = tokenAndPositionEmbedding({ vocabularySize: VOCABULARY, sequenceLength: TARGET, ...shared }).apply(
    english,
  );
  for (let i = 0; i < 2; i++) read = transformerEncoder(block).apply(read);
  for (let i = 0; i < 2; i++) written = transformerDecoder({ ...block, crossAttention: true }).apply([written, read]);
  return model({ inputs: [chinese, english], outputs: dense({ units: VOCABULARY }).apply(written), seed: 3 });
}

const isTransformer = process.argv.includes('--transformer');
const translator = isTransformer ? transformer() : recurrent();
const EPOCHS = choose(20, 2);
const steps = EPOCHS * Math.ceil(learn.length / BATCH);
translator.compile({
  optimizer: adam({ learningRate: cosine({ initialLearningRate: isTransformer ? 1e-3 : 3e-3, decaySteps: steps }) }),
  loss: sparseCategoricalCrossentropy({ fromLogits: true }),
  metrics: ['accuracy'],
});
const lines = targets(learn);
const start = performance.now();
const { history } = await translator.fit(
  [sources(learn), padded(lines.map((line) => line.slice(0, -1)))] as never,
  padded(lines.map((line) => line.slice(1))),
  { epochs: EPOCHS, batchSize: BATCH, verbose: 0, seed: 3 },
);
say(
  `${learn.length} pairs, ${translator.countParams().toLocaleString('en')} parameters, ${((performance.now() - start) / 1000).toFixed(0)} s; loss ${history.loss[0]!.toFixed(3)} at first, ${history.loss.at(-1)!.toFixed(3)} at last`,
);

/** Translations of sentences, all at the same time. */
async function translate(list: readonly { source: string[] }[]): Promise<string[]> {
  const read = sources(list);
  const found = await beamSearch(
    (prefixes, owners) =>
      // Of what the model says, only the last step is kept.
      scope(() => {
        const at = prefixes[0]!.length - 1;
        const logits = translator.predict([owners.map((o) => read[o]!), padded(prefixes)] as never, { batchSize: 256 });
        const last = slice(logits as never, [0, at, 0], [prefixes.length, at + 1, VOCABULARY]);
        return reshape(last, [prefixes.length, VOCABULARY]);
      }),
    {
      startToken: START,
      endToken: END,
      maxLength: TARGET - 1,
      count: list.length,
      beamWidth: 4,
      forbidden: [PAD, START, writer.wordIndex[RARE]! + 2],
    },
  );
  return found.map(([best]) =>
    writer.sequencesToTexts([best!.tokens.map((t) => t - 2)])[0]!.replace(/ ([.,!?;:])/g, '$1'),
  );
}

const found: string[] = [];
for (let from = 0; from < held.length; from += 50) found.push(...(await translate(held.slice(from, from + 50))));
say('\nThe first ten of those held out:');
held.slice(0, 10).forEach((p, i) => say(`  ${p.source.join('')}  →  ${found[i]}   (${p.english})`));
const references = held.map((p) => p.english.toLowerCase());
const { score } = corpusBleu(references, found);
say(`\n${held.length} held out: BLEU ${score.toFixed(2)}, chrF ${chrfScore(references, found).toFixed(2)}`);
say(`translation chrF ${chrfScore(references, found).toFixed(4)}`);
