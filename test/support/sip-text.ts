/** SIP messages as text, to be spoiled in one place at a time. */

/** An INVITE as a trunk sends it; `changes` replace header lines by name, undefined takes one away. */
export function inviteText(changes: Record<string, string | undefined> = {}, body: string = ''): string {
  return requestText('INVITE sip:+4930123456@192.0.2.20:5060 SIP/2.0', 'INVITE', changes, body);
}

export function requestText(
  startLine: string,
  method: string,
  changes: Record<string, string | undefined> = {},
  body: string = '',
): string {
  return messageText(startLine, { ...mandatoryHeaders, CSeq: `314159 ${method}`, ...changes }, body);
}

export function responseText(
  statusLine: string = 'SIP/2.0 200 OK',
  changes: Record<string, string | undefined> = {},
): string {
  return messageText(statusLine, { ...mandatoryHeaders, CSeq: '314159 INVITE', ...changes }, '');
}

export function octetsOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

function messageText(startLine: string, headers: Record<string, string | undefined>, body: string): string {
  const lines = Object.entries({ ...headers, 'Content-Length': String(Buffer.byteLength(body)), ...headers })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  return `${[startLine, ...lines].join('\r\n')}\r\n\r\n${body}`;
}

const mandatoryHeaders = {
  Via: 'SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bKnashds8;rport',
  'Max-Forwards': '70',
  From: '"Alice" <sip:alice@192.0.2.4>;tag=1928301774',
  To: '<sip:+4930123456@192.0.2.20>',
  'Call-ID': 'a84b4c76e66710@192.0.2.4',
  CSeq: '314159 INVITE',
  Contact: '<sip:alice@192.0.2.4:5060;transport=udp>',
};
