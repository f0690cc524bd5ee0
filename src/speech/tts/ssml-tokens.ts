/** A piece of markup, as it stands in the text; nothing is matched up. */
export type SsmlToken =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'open';
      readonly name: string;
      readonly attributes: ReadonlyMap<string, string>;
      readonly selfClosing: boolean;
    }
  | { readonly kind: 'close'; readonly name: string }
  /** A `<` that begins nothing, or a tag that cannot be read; `text` stands in its place. */
  | { readonly kind: 'malformed'; readonly text: string };

/** Cuts SSML into tokens, whatever its state. Comments, declarations and processing instructions are dropped. */
export function* ssmlTokens(document: string): Generator<SsmlToken> {
  let at = 0;
  while (at < document.length) {
    const bracket = document.indexOf('<', at);
    if (bracket !== at) {
      const end = bracket < 0 ? document.length : bracket;
      yield { kind: 'text', text: decodeEntities(document.slice(at, end)) };
      at = end;
      continue;
    }
    MARKUP.lastIndex = at;
    const match = MARKUP.exec(document);
    if (match === null) {
      const { token, end } = malformed(document, at);
      yield token;
      at = end;
      continue;
    }
    at = MARKUP.lastIndex;
    const token = tokenOf(match);
    if (token !== undefined) yield token;
  }
}

function tokenOf(match: RegExpExecArray): SsmlToken | undefined {
  const { cdata, close, open, attributes } = match.groups!;
  if (cdata !== undefined) return { kind: 'text', text: cdata };
  if (close !== undefined) return { kind: 'close', name: localName(close) };
  if (open === undefined) return undefined;
  const inside = (attributes ?? '').trimEnd();
  const selfClosing = inside.endsWith('/');
  return {
    kind: 'open',
    name: localName(open),
    attributes: parseAttributes(selfClosing ? inside.slice(0, -1) : inside),
    selfClosing,
  };
}

/** Something that looks like a tag is dropped up to its `>`; where there is none, words matter more than markup. */
function malformed(document: string, at: number): { readonly token: SsmlToken; readonly end: number } {
  const end = document.indexOf('>', at);
  const next = document.indexOf('<', at + 1);
  const isTag = /[/!?a-zA-Z]/.test(document[at + 1] ?? '') && end >= 0 && (next < 0 || end < next);
  return isTag
    ? { token: { kind: 'malformed', text: '' }, end: end + 1 }
    : { token: { kind: 'malformed', text: ' ' }, end: at + 1 };
}

function parseAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name, double, single, bare] of text.matchAll(ATTRIBUTE))
    attributes.set(localName(name!), decodeEntities(double ?? single ?? bare ?? ''));
  return attributes;
}

/** Without its namespace prefix, in lower case: `xml:lang` is `lang`. */
function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1).toLowerCase();
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities.get(String(name).toLowerCase()) ?? whole;
    const code = hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '';
  });
}

const MARKUP: RegExp =
  /<!--[\s\S]*?-->|<!\[CDATA\[(?<cdata>[\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<![a-zA-Z][^<>]*>|<\/\s*(?<close>[\w:.-]+)\s*>|<(?<open>[a-zA-Z][\w:.-]*)(?<attributes>(?:[^<>"']|"[^"<]*"|'[^'<]*')*)>/y;
const ATTRIBUTE: RegExp = /([^\s="']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+)))?/g;

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
]);
