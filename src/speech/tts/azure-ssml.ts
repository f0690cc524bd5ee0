import { azureLocale } from '../azure-locale.ts';
import type { Script } from '../script.ts';

/**
 * The document that Azure wants around everything: a root with version, language and namespaces, and a voice. An app's
 * own SSML stays as it is inside; a voice or namespaces that it names are kept.
 */
export function azureSsml(script: Script, voice: string, asked: string): string {
  const language = azureLocale(asked) ?? 'en-US';
  if (script.format === 'text')
    return wrapped(inLanguage(escapeXml(script.text), voice, language), '', voice, language);
  const { attributes, inside } = rootOf(script.text);
  const namespaces = [...attributes.matchAll(NAMESPACE)].map(([whole]) => ` ${whole}`).join('');
  const named = XML_LANGUAGE.exec(attributes)?.[2];
  const spoken = (named === undefined ? undefined : azureLocale(named)) ?? language;
  if (/<voice[\s>]/i.test(inside)) return root(inside, namespaces, spoken);
  return wrapped(inLanguage(inside, voice, spoken), namespaces, voice, spoken);
}

function wrapped(inside: string, namespaces: string, voice: string, language: string): string {
  return root(`<voice name="${escapeXml(voice)}">${inside}</voice>`, namespaces, language);
}

function root(inside: string, namespaces: string, language: string): string {
  const declared = namespaces.includes('xmlns:mstts=') ? '' : ` xmlns:mstts="${MSTTS}"`;
  return `<speak version="1.0" xmlns="${SSML}"${declared}${namespaces} xml:lang="${escapeXml(language)}">${inside}</speak>`;
}

/** Voices of many languages are told which one; others have it in their names. */
function inLanguage(inside: string, voice: string, language: string): string {
  const isOwn = voice.toLowerCase().startsWith(`${language.toLowerCase()}-`);
  if (isOwn || !/multilingual/i.test(voice)) return inside;
  return `<lang xml:lang="${escapeXml(language)}">${inside}</lang>`;
}

/** What stands in `<speak>`, and its attributes; the whole when there is none: apps send fragments too. */
function rootOf(document: string): { readonly attributes: string; readonly inside: string } {
  const bare = document.replace(/^\s*(?:<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<![a-z][^>]*>|\s)*/i, '');
  const match = /^<speak((?:\s[^>]*?)?)(\/?)>([\s\S]*)$/i.exec(bare);
  if (match === null) return { attributes: '', inside: bare };
  const [, attributes = '', empty, rest = ''] = match;
  const end = rest.toLowerCase().lastIndexOf('</speak');
  return { attributes, inside: empty === '/' ? '' : end < 0 ? rest : rest.slice(0, end) };
}

/** Characters that XML 1.0 cannot hold at all are left out. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

const SSML = 'http://www.w3.org/2001/10/synthesis';
const MSTTS = 'https://www.w3.org/2001/mstts';
const NAMESPACE = /xmlns:[\w.-]+\s*=\s*(?:"[^"]*"|'[^']*')/g;
const XML_LANGUAGE = /xml:lang\s*=\s*(["'])(.*?)\1/;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
