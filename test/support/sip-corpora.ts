/** The SIP messages of the shared corpora, each without what its suite puts around it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedPath } from './shared.ts';

export type SipCorpus = 'rfc4475' | 'rfc5118' | 'protos-sample' | 'sip-malformed';

/** Undefined, and said so, when the corpus is absent. */
export function sipCorpus(corpus: SipCorpus): Uint8Array[] | undefined {
  const folder = sharedPath('corpora', corpus);
  if (folder === undefined) return undefined;
  const files = readdirSync(folder).map((file) => readFileSync(join(folder, file)));
  switch (corpus) {
    case 'rfc4475':
    case 'rfc5118':
      return files;
    case 'protos-sample':
      return files.flatMap(protosMessages);
    case 'sip-malformed':
      return files.map(withoutExpectation);
  }
}

/** PROTOS c07-sip writes `<octets> <message>` twice, the test case and what tears it down, as templates. */
function protosMessages(file: Buffer): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let at = 0;
  while (at < file.length) {
    const space = file.indexOf(' ', at);
    const end = space + 1 + Number(file.toString('latin1', at, space));
    messages.push(filledIn(file.toString('latin1', space + 1, end)));
    at = end;
  }
  return messages;
}

function filledIn(template: string): Uint8Array {
  const body = template.indexOf('\r\n\r\n');
  const text = Object.entries(protosValues).reduce((filled, [name, value]) => {
    return filled.replaceAll(`<${name}>`, value);
  }, template);
  const filledBody = text.indexOf('\r\n\r\n');
  const length = body === -1 ? 0 : text.length - filledBody - 4;
  return Buffer.from(text.replaceAll('<Content-Length>', String(length)), 'latin1');
}

/** osip's suite writes on a first line which outcome it expects of osip. */
function withoutExpectation(file: Buffer): Uint8Array {
  const isMarked = file.toString('latin1', 0, 15) === 'expected_error:';
  return isMarked ? file.subarray(file.findIndex((octet) => octet === 0x0a || octet === 0x0d) + 1) : file;
}

const protosValues: Readonly<Record<string, string>> = {
  To: 'bob@192.0.2.20',
  From: 'alice@192.0.2.4',
  'From-Address': '192.0.2.4',
  'From-IP': '192.0.2.4',
  'Local-Port': '5060',
  'Branch-ID': '1234567890',
  'Call-ID': '0123456789',
  CSeq: '1',
  'Teardown-Method': 'CANCEL',
};
