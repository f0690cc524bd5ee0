import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpeechSegment } from '../../../src/speech/tts/segment.ts';
import { parseSsml } from '../../../src/speech/tts/ssml.ts';

const text = (words: string): SpeechSegment => ({ kind: 'text', text: words });
const silence = (durationMs: number): SpeechSegment => ({ kind: 'silence', durationMs });

const table: readonly (readonly [string, string, readonly SpeechSegment[]])[] = [
  ['speaks the text inside', '<speak>Hello there.</speak>', [text('Hello there.')]],
  ['needs no root element', 'Just <w>this</w>.', [text('Just this.')]],
  [
    'makes a break of so many milliseconds',
    '<speak>One<break time="400ms"/>two</speak>',
    [text('One'), silence(400), text('two')],
  ],
  ['makes a break of seconds', 'One<break time="1.5s"/>two', [text('One'), silence(1500), text('two')]],
  [
    'takes a bare number for milliseconds',
    'One<break time="300"/>two',
    [text('One'), silence(300), text('two')],
  ],
  [
    'makes a break by strength',
    'One<break strength="strong"/>two',
    [text('One'), silence(1000), text('two')],
  ],
  ['makes no break of strength none', 'One <break strength="none"/>two', [text('One'), text('two')]],
  ['makes a medium break where nothing is said', 'One<break/>two', [text('One'), silence(750), text('two')]],
  ['holds a break to twenty seconds', '<break time="900s"/>', [silence(20_000)]],
  [
    'says the alias instead',
    'The <sub alias="World Wide Web Consortium">W3C</sub> met',
    [text('The World Wide Web Consortium met')],
  ],
  [
    'pauses after a paragraph',
    '<p>One.</p><p>Two.</p>',
    [text('One.'), silence(500), text('Two.'), silence(500)],
  ],
  ['ends a text at each sentence', '<s>One</s><s>Two</s>', [text('One'), text('Two')]],
  ['decodes entities', 'Tom &amp; Jerry &lt;3 &#233;&#xe9;', [text('Tom & Jerry <3 éé')]],
  ['leaves an entity that nobody knows as it is', 'a &constructor; b', [text('a &constructor; b')]],
  ['speaks CDATA as it is', '<speak><![CDATA[a < b]]></speak>', [text('a < b')]],
  [
    'leaves comments and declarations out',
    '<?xml version="1.0"?><!DOCTYPE speak><!-- no -->Yes',
    [text('Yes')],
  ],
  [
    'strips what it cannot do',
    '<speak><mstts:express-as style="sad"><prosody pitch="low">Oh</prosody></mstts:express-as></speak>',
    [text('Oh')],
  ],
  ['does not speak descriptions', '<audio src="x.wav"><desc>a bell</desc>Ding</audio>', [text('Ding')]],
  [
    'reads attributes in single quotes and with spaces',
    "One<break time = '200ms' />two",
    [text('One'), silence(200), text('two')],
  ],
  ['has nothing to say of an empty document', '<speak> </speak>', []],
];

const sayAs: readonly (readonly [string, string, string])[] = [
  ['<say-as interpret-as="digits">4719</say-as>', '4 7 1 9', 'digits one by one'],
  ['<say-as interpret-as="characters">AB-1</say-as>', 'ay, B, dash, 1', 'characters by their names'],
  ['<say-as interpret-as="spell-out">cat</say-as>', 'C, ay, T', 'letters'],
  [
    '<say-as interpret-as="telephone">+49 211 5566</say-as>',
    'plus 4 9, 2 1 1, 5 5 6 6',
    'telephone numbers in groups',
  ],
  ['<say-as interpret-as="currency">$42.50</say-as>', '42 dollars and 50 cents', 'money'],
  ['<say-as interpret-as="currency">€1</say-as>', '1 euro', 'one euro'],
  ['<say-as interpret-as="currency">1,250 GBP</say-as>', '1250 pounds', 'currency codes'],
  ['<say-as interpret-as="currency">priceless</say-as>', 'priceless', 'what is no amount as it is'],
  ['<say-as interpret-as="date">2026-03-14</say-as>', 'March 14th, 2026', 'ISO dates'],
  [
    '<say-as interpret-as="date" format="dmy">3.10.2026</say-as>',
    'October 3rd, 2026',
    'dates in the given order',
  ],
  ['<say-as interpret-as="date" format="md">12/24</say-as>', 'December 24th', 'dates without a year'],
  ['<say-as interpret-as="date">99/99/2026</say-as>', '99/99/2026', 'impossible dates as they are'],
  ['<say-as interpret-as="time">14:05</say-as>', '2 oh 5 PM', 'times of day'],
  ['<say-as interpret-as="cardinal">12,345</say-as>', '12345', 'numbers without separators'],
  ['<say-as interpret-as="ordinal">22</say-as>', '22nd', 'ordinals'],
  ['<say-as interpret-as="ordinal">113</say-as>', '113th', 'ordinals of teens'],
  ['<say-as interpret-as="expletive">word</say-as>', 'word', 'what it does not know as it is'],
];

const malformed: readonly (readonly [string, string, string])[] = [
  ['an element without its end', '<speak>Hello <emphasis>you', 'Hello you'],
  ['an end without its element', 'Hello</emphasis> you', 'Hello you'],
  ['elements that cross', '<speak><p>Hello <s>you</p></s></speak>', 'Hello you'],
  ['a tag with a broken attribute', 'Hello <break time="500ms/>you', 'Hello you'],
  ['a sign that should be an entity', 'two < three', 'two three'],
  ['a tag that never ends', 'Hello <break time=5', 'Hello break time=5'],
];

describe('SSML', () => {
  it.each(table)('%s', (_rule, document, expected) => {
    const { segments, warnings } = parseSsml(document, 'en');
    expect(segments).toEqual(expected);
    expect(warnings).toEqual([]);
  });

  it.each(sayAs)('%s is read "%s": %s', (document, expected) => {
    expect(parseSsml(document, 'en').segments).toEqual([text(expected)]);
  });

  it('leaves amounts and dates to the engine in other languages', () => {
    const document = '<speak xml:lang="de-DE"><say-as interpret-as="currency">42,50 €</say-as></speak>';
    expect(parseSsml(document, 'en').segments).toEqual([text('42,50 €')]);
  });

  it.each(malformed)('speaks the words of %s, with a warning', (_case, document, expected) => {
    const { segments, warnings } = parseSsml(document, 'en');
    const words = segments.map((segment) => (segment.kind === 'text' ? segment.text : ''));
    expect(words.join(' ').trim()).toBe(expected);
    expect(warnings.length).toBeGreaterThan(0);
    for (const warning of warnings) expect(warning).toMatch(/^ssml: found .+(, expected .+|left out)$/);
  });

  it('warns of a break it cannot measure and makes a medium one', () => {
    const { segments, warnings } = parseSsml('One<break time="soon"/>two', 'en');
    expect(segments).toEqual([text('One'), silence(750), text('two')]);
    expect(warnings).toEqual(['ssml: found break time "soon", expected a time such as 500ms or 1.5s']);
  });

  it('tells the language and the voice that the document names', () => {
    const document = '<speak xml:lang="de-DE"><voice name="de-DE-KatjaNeural">Hallo</voice></speak>';
    expect(parseSsml(document, 'en')).toMatchObject({ language: 'de-DE', voice: 'de-DE-KatjaNeural' });
  });

  it('never throws, whatever comes', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '</p>',
      '<p>',
      '<break',
      ' time="1s"',
      '/>',
      '&',
      '&#x41;',
      '"',
      'a',
      '<!--',
      '<![CDATA[',
      '<sub alias="x">',
      '</sub>',
      '<prosody rate="80%">',
      '</prosody>',
      '<desc>',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (pieces) => {
        parseSsml(pieces.join(''), 'en');
      }),
    );
  });

  it('reads ten thousand characters of broken markup in one go', () => {
    expect(parseSsml('<'.repeat(10_000), 'en').warnings).toHaveLength(1);
    expect(parseSsml(`<a${' '.repeat(10_000)}`, 'en').warnings).toHaveLength(1);
    expect(parseSsml('<!--'.repeat(2_500), 'en').segments).toHaveLength(1);
  });
});
