import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { azureSsml } from '../../../src/speech/tts/azure-ssml.ts';
import { parseSsml } from '../../../src/speech/tts/ssml.ts';

const ssml = (document: string, voice = 'de-DE-KatjaNeural', language = 'de-DE') =>
  azureSsml({ text: document, format: 'ssml' }, voice, language);
const text = (words: string, voice = 'de-DE-KatjaNeural', language = 'de-DE') =>
  azureSsml({ text: words, format: 'text' }, voice, language);
const root = (language: string, namespaces = '') =>
  `<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xmlns:mstts="https://www.w3.org/2001/mstts"${namespaces} xml:lang="${language}">`;

describe('text for Azure', () => {
  it('stands in a voice, in a document with version, language and namespaces', () => {
    expect(text('Guten Tag')).toBe(
      `${root('de-DE')}<voice name="de-DE-KatjaNeural">Guten Tag</voice></speak>`,
    );
  });

  it('is escaped, and loses what XML cannot hold', () => {
    expect(text('a < b & "c" \'d\' ]]> \u0000\u0007\ud800 é 🎉')).toContain(
      '>a &lt; b &amp; &quot;c&quot; &apos;d&apos; ]]&gt;  é 🎉</voice>',
    );
  });

  it('cannot break out of where it stands, whatever it and the voice are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (words, voice) => {
        const document = text(words, voice);
        expect(document.match(/<\/?[a-z]+/g)).toEqual(['<speak', '<voice', '</voice', '</speak']);
        const { segments, warnings } = parseSsml(document, 'de');
        expect(warnings).toEqual([]);
        expect(segments.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('tells a voice of many languages which one to speak', () => {
    const voice = 'en-US-AvaMultilingualNeural';
    expect(text('Bonjour', voice, 'fr')).toBe(
      `${root('fr-FR')}<voice name="${voice}"><lang xml:lang="fr-FR">Bonjour</lang></voice></speak>`,
    );
    expect(text('Hello', voice, 'en-US')).toBe(
      `${root('en-US')}<voice name="${voice}">Hello</voice></speak>`,
    );
  });
});

describe('SSML for Azure', () => {
  it('passes as it is, into a voice where the app names none', () => {
    expect(ssml('<speak>Eins<break time="300ms"/>zwei &amp; drei</speak>')).toBe(
      `${root('de-DE')}<voice name="de-DE-KatjaNeural">Eins<break time="300ms"/>zwei &amp; drei</voice></speak>`,
    );
  });

  it('keeps the language, the namespaces and the voice that the app names', () => {
    const inside = '<voice name="fr-FR-DeniseNeural"><x:y>Bonjour</x:y></voice>';
    const document = `<?xml version="1.0"?>\n<!-- hello -->\n<speak version='1.0' xmlns:x="urn:x" xml:lang='fr-FR'>${inside}</speak>\n`;
    expect(ssml(document)).toBe(`${root('fr-FR', ' xmlns:x="urn:x"')}${inside}</speak>`);
  });

  it('declares the namespace of Microsoft once', () => {
    const document =
      '<speak xmlns:mstts="http://www.w3.org/2001/mstts"><mstts:silence type="Leading" value="0"/>x</speak>';
    expect(ssml(document).match(/xmlns:mstts=/g)?.length).toBe(1);
  });

  it('may be a fragment without a root', () => {
    expect(ssml('Hallo <emphasis>du</emphasis>')).toBe(
      `${root('de-DE')}<voice name="de-DE-KatjaNeural">Hallo <emphasis>du</emphasis></voice></speak>`,
    );
  });

  it('may be empty, or have no end', () => {
    expect(ssml('<speak/>')).toContain('<voice name="de-DE-KatjaNeural"></voice>');
    expect(ssml('<speak>Hallo')).toContain('>Hallo</voice></speak>');
  });
});
