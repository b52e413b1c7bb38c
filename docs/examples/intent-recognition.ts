// What does somebody want of an assistant? Sentences are made from patterns, those to judge by from other patterns and words.
import { rng } from 'kompakt';
import { LogisticRegression } from 'kompakt/linear';
import { classificationReport, f1Score } from 'kompakt/metrics';
import { Pipeline } from 'kompakt/model-selection';
import { TfidfVectorizer } from 'kompakt/text';
import { say } from './support';

const THINGS = {
  time: ['seven', 'half past six', 'noon', 'five tomorrow', '8 pm'],
  place: ['Berlin', 'Lisbon', 'the coast', 'Kyoto', 'my home town'],
  song: ['some jazz', 'the new record', 'a quiet song', 'my morning list', 'piano music'],
  lamp: ['the lamp', 'the kitchen light', 'all lights', 'the bedroom lamp'],
};
const PATTERNS: Record<string, { learn: string[]; judge: string[] }> = {
  alarm: {
    learn: ['wake me at {time}', 'set an alarm for {time}', 'I have to get up at {time}', 'alarm at {time} please'],
    judge: ['please wake me up at {time}', 'can you set the alarm to {time}', 'alarm for {time}'],
  },
  weather: {
    learn: [
      'what is the weather in {place}',
      'will it rain in {place}',
      'is it cold in {place} today',
      'forecast for {place}',
    ],
    judge: ['how is the weather in {place}', 'do I need a coat, is it cold in {place}', 'weather {place} tomorrow'],
  },
  music: {
    learn: ['play {song}', 'I would like to hear {song}', 'put on {song}', 'can you play {song} now'],
    judge: ['please play {song}', 'let me hear {song}', 'start playing {song}'],
  },
  light: {
    learn: ['turn on {lamp}', 'switch off {lamp}', 'make {lamp} brighter', 'turn {lamp} off please'],
    judge: ['please switch {lamp} on', 'turn off {lamp} now', '{lamp} off'],
  },
};

const random = rng(3);
function sentences(part: 'learn' | 'judge', each: number) {
  const texts: string[] = [];
  const intents: string[] = [];
  for (const [intent, patterns] of Object.entries(PATTERNS))
    for (let i = 0; i < each; i++) {
      const pattern = random.choice(patterns[part]);
      texts.push(pattern.replace(/\{(\w+)\}/g, (_, kind: keyof typeof THINGS) => random.choice(THINGS[kind])));
      intents.push(intent);
    }
  return { texts, intents };
}

const learn = sentences('learn', 40);
const judge = sentences('judge', 50);
const model = await new Pipeline([
  ['features', new TfidfVectorizer({ ngramRange: [1, 2], sublinearTf: true })],
  ['classify', new LogisticRegression({ C: 10, maxIter: 300 })],
]).fit(learn.texts as never, learn.intents);
const found = model.predict(judge.texts as never) as string[];
say(String(classificationReport(judge.intents, found)));
const asked = ['wake me when it rains in Berlin', 'play something for breakfast', 'lights out'];
(model.predict(asked as never) as string[]).forEach((intent, i) => say(`${asked[i]} → ${intent}`));
say(`intent F1 ${f1Score(judge.intents, found, { average: 'macro' }).toFixed(4)}`);
