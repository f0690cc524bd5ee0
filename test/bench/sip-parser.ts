/**
 * What a SIP message costs to read, checks included, against sip.js, and what the worst messages we could think of
 * cost: `node test/bench/sip-parser.ts`.
 */
import { performance } from 'node:perf_hooks';
import { LoggerFactory, Parser } from 'sip.js/lib/core/index.js';
import { Bench } from 'tinybench';
import { parseMessage } from '../../src/sip/message/parse.ts';
import { serializeMessage } from '../../src/sip/message/serialize.ts';
import { inviteText, octetsOf, requestText } from '../support/sip-text.ts';

const sdp = `v=0
o=- 1545997027 1 IN IP4 192.0.2.4
s=-
c=IN IP4 192.0.2.4
t=0 0
m=audio 14940 RTP/AVP 8 0 9 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:9 G722/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=sendrecv
`.replaceAll('\n', '\r\n');

const trunkHeaders = {
  'Record-Route': '<sip:198.51.100.1;lr;ftag=1928301774>',
  'P-Asserted-Identity': '"Alice" <sip:+4930654321@trunk.example.com>',
  'User-Agent': 'Example PBX 18.6.0 (x86_64/linux)',
  'X-Call-Context': 'trunk=berlin-1;account=4711;direction=inbound;originator=+4930654321',
  Allow: 'INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, UPDATE, PRACK',
  Supported: 'replaces, timer, 100rel',
  'Session-Expires': '1800',
  'Min-SE': '90',
  Date: 'Sat, 13 Nov 2010 23:29:00 GMT',
  'Content-Type': 'application/sdp',
};
const messages = {
  INVITE: inviteText(trunkHeaders, sdp),
  BYE: requestText('BYE sip:+4930123456@192.0.2.20:5060 SIP/2.0', 'BYE'),
};

const loggers = new LoggerFactory();
loggers.builtinEnabled = false;
const logger = loggers.getLogger('parser');

for (const [name, text] of Object.entries(messages)) {
  const octets = octetsOf(text);
  const outcome = parseMessage(octets);
  if (!outcome.ok) throw new Error(`${name} is refused: ${outcome.reason}`);
  const bench = new Bench({ time: 1_500, warmupTime: 500 });
  bench
    .add('ours', () => parseMessage(octets))
    .add('sip.js', () => Parser.parseMessage(text, logger))
    .add('serialize', () => serializeMessage(outcome.value));
  await bench.run();
  const [own, other, written] = bench.tasks.map((task) =>
    task.result.state === 'completed' ? task.result.latency.p50 * 1000 : Number.NaN,
  );
  process.stdout.write(
    `${name} of ${octets.length} octets: ${own!.toFixed(1)} us to read, ` +
      `${(other! / own!).toFixed(0)} x sip.js (${other!.toFixed(0)}); ${written!.toFixed(1)} us to write\n`,
  );
}

const repeated = (unit: string): string => unit.repeat(Math.floor(64_000 / unit.length));
const worst: Record<string, string> = {
  'Via hops': inviteText({ Via: `${repeated('SIP/2.0/UDP a,')}SIP/2.0/UDP a` }),
  'parameters without value': inviteText({ From: `<sip:a@b>${repeated(';a')}` }),
  'open quotes': inviteText({ Contact: repeated('"a') }),
  'open brackets': inviteText({ Contact: repeated('<,') }),
  'at signs': inviteText({ To: `<sip:${repeated('@a')}>` }),
  spaces: inviteText({ Subject: `a${repeated(' ')}b`, Via: `SIP/2.0/UDP${repeated(' ')}a` }).slice(0, 65_000),
  'folded lines': inviteText({ Subject: repeated('\r\n ') }),
  'line ends': `INVITE sip:a SIP/2.0\r\n${repeated('a\n')}`,
  'carriage returns': inviteText({ Subject: `a${repeated('\r')}b` }),
  'address list': inviteText({ Contact: `${repeated('<sip:a@b>,')}<sip:a@b>` }),
  escapes: inviteText({ Contact: `<sip:${repeated('%41')}@b>` }),
};
for (const [name, text] of Object.entries(worst)) {
  const octets = octetsOf(text);
  const outcome = parseMessage(octets);
  const best = Math.min(...Array.from({ length: 5 }, () => millisecondsOf(() => parseMessage(octets))));
  process.stdout.write(
    `${octets.length} octets of ${name}: ${best.toFixed(1)} ms, ${outcome.ok ? 'accepted' : outcome.reason}\n`,
  );
}

function millisecondsOf(act: () => void): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}
