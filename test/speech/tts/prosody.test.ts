import { describe, expect, it } from 'vitest';
import { PLAIN, prosodyWithin } from '../../../src/speech/tts/prosody.ts';
import { parseSsml } from '../../../src/speech/tts/ssml.ts';

/** The words of each manner, as `words@rate,gain`, a bar between texts. */
function manners(document: string): string {
  const texts = parseSsml(document, 'en').segments.map((segment) => {
    if (segment.kind === 'silence') return `${segment.durationMs}ms`;
    if (segment.runs === undefined) return segment.text;
    let at = 0;
    const words = segment.runs.map(({ end, prosody: { rate, gainDb } }) => {
      const said = segment.text.slice(at, end);
      at = end;
      return rate === 1 && gainDb === 0 ? said : `${said}@${rate},${gainDb}`;
    });
    expect(at).toBe(segment.text.length);
    return words.join('/');
  });
  return texts.join('|');
}

function read(name: string, value: string) {
  const warnings: string[] = [];
  const prosody = prosodyWithin(PLAIN, new Map([[name, value]]), (warning) => warnings.push(warning));
  return { ...prosody, warnings };
}

const rates: readonly (readonly [string, number])[] = [
  ['x-slow', 0.5],
  ['slow', 0.64],
  ['medium', 1],
  ['default', 1],
  ['fast', 1.55],
  ['X-Fast', 2],
  ['120%', 1.2],
  ['50%', 0.5],
  ['100%', 1],
  ['+20%', 1.2],
  ['-20%', 0.8],
  [' +12.5 % ', 1.13],
  ['0.75', 0.75],
  ['1.5', 1.5],
  ['1%', 0.5],
  ['-200%', 0.5],
  ['900%', 2],
  ['999999', 2],
];

const volumes: readonly (readonly [string, number])[] = [
  ['silent', Number.NEGATIVE_INFINITY],
  ['x-soft', -12],
  ['soft', -6],
  ['medium', 0],
  ['default', 0],
  ['loud', 3],
  ['x-loud', 6],
  ['+6dB', 6],
  ['-3dB', -3],
  ['-4.5 DB', -4.5],
  ['2db', 2],
  ['100', 0],
  ['50', -6.02],
  ['0', Number.NEGATIVE_INFINITY],
  ['80%', -1.94],
  ['-50%', -6.02],
  ['+20%', 1.58],
  ['-10', -0.92],
  ['+30dB', 6],
  ['-90dB', -40],
  ['0.01', -40],
];

describe('prosody', () => {
  it.each(rates)('takes the rate "%s" for %d times the usual speed', (value, rate) => {
    expect(read('rate', value)).toEqual({ rate, gainDb: 0, warnings: [] });
  });

  it.each(volumes)('takes the volume "%s" for %d dB', (value, gainDb) => {
    const { warnings, ...prosody } = read('volume', value);
    expect(prosody.rate).toBe(1);
    if (Number.isFinite(gainDb)) expect(prosody.gainDb).toBeCloseTo(gainDb, 2);
    else expect(prosody.gainDb).toBe(gainDb);
    expect(warnings).toEqual([]);
  });

  it.each(['', 'quick', '+', '1e3', '6dB', '+2', '50%%', '٥٠%', 'NaN'])(
    'does not take "%s" for a rate',
    (value) => {
      expect(read('rate', value)).toEqual({
        ...PLAIN,
        warnings: [`ssml: found prosody rate "${value}", expected a rate such as slow, 120% or +20%`],
      });
    },
  );

  it.each(['', 'shout', '-', 'dB', '--6dB', 'Infinity'])('does not take "%s" for a volume', (value) => {
    expect(read('volume', value)).toEqual({
      ...PLAIN,
      warnings: [`ssml: found prosody volume "${value}", expected a volume such as soft, -6dB or 80`],
    });
  });
});

const documents: readonly (readonly [string, string, string])[] = [
  ['is plain without it', '<speak>One. <prosody pitch="high">Two.</prosody></speak>', 'One. Two.'],
  ['is of all that is inside', '<prosody rate="80%">One. Two.</prosody>', 'One. Two.@0.8,0'],
  [
    'ends with its element',
    'Now <prosody rate="slow" volume="-2dB">very slowly</prosody> on.',
    'Now /very slowly@0.64,-2/ on.',
  ],
  [
    'multiplies when it is nested',
    '<prosody rate="80%" volume="-2dB">a <prosody rate="150%" volume="-1dB">b</prosody> c</prosody>',
    'a @0.8,-2/b@1.2,-3/ c@0.8,-2',
  ],
  [
    'is held within limits when it is nested',
    '<prosody rate="50%" volume="+5dB"><prosody rate="50%" volume="+5dB">a</prosody></prosody>',
    'a@0.5,6',
  ],
  [
    'stays silent inside silence',
    '<prosody volume="silent"><prosody volume="x-loud">a</prosody></prosody>',
    'a@1,-Infinity',
  ],
  ['knows strong emphasis', '<emphasis level="strong">a</emphasis>', 'a@0.9,2'],
  ['knows moderate emphasis', '<emphasis level="moderate">a</emphasis>', 'a@0.95,1'],
  ['takes emphasis for moderate', '<emphasis>a</emphasis>', 'a@0.95,1'],
  ['knows reduced emphasis', '<emphasis level="reduced">a</emphasis>', 'a@1.05,-2'],
  ['knows no emphasis', '<emphasis level="none">a</emphasis>', 'a'],
  [
    'emphasises within prosody',
    '<prosody rate="50%"><emphasis level="reduced">a</emphasis></prosody>',
    'a@0.53,-2',
  ],
  [
    'goes on after a break',
    '<prosody rate="80%">a<break time="1s"/>b</prosody> c',
    'a@0.8,0|1000ms|b@0.8,0/ c',
  ],
  ['goes on over sentences', '<prosody rate="80%"><s>a</s><s>b</s></prosody>', 'a@0.8,0|b@0.8,0'],
  ['is of what is expanded', '<emphasis><say-as interpret-as="digits">12</say-as></emphasis>', '1 2@0.95,1'],
  [
    'leaves a full stop with its word',
    'Please <emphasis>stop</emphasis>. Now.',
    'Please /stop.@0.95,1/ Now.',
  ],
  ['does not cut a word', 'un<emphasis>believ</emphasis>able luck', 'unbelievable luck'],
  ['cuts between ideographs', '<emphasis>你</emphasis>好', '你@0.95,1/好'],
  ['leaves an ideographic full stop with its word', '你<emphasis>好</emphasis>。你', '你/好。@0.95,1/你'],
  ['keeps brackets outside', '(<emphasis>all</emphasis> of it)', '(/all@0.95,1/ of it)'],
  ['needs no end', '<prosody rate="80%">a', 'a@0.8,0'],
  ['ends where a crossing element ends', '<p><prosody rate="80%">a</p> b</prosody>', 'a@0.8,0|500ms|b'],
  ['is nothing of an element without content', '<prosody rate="80%"/>a', 'a'],
];

describe('prosody in SSML', () => {
  it.each(documents)('%s: %s', (_rule, document, expected) => {
    expect(manners(document)).toBe(expected);
  });

  it('warns of what it cannot read, and speaks plainly', () => {
    const { segments, warnings } = parseSsml('<prosody rate="quick">Go.</prosody>', 'en');
    expect(segments).toEqual([{ kind: 'text', text: 'Go.' }]);
    expect(warnings).toHaveLength(1);
  });
});
