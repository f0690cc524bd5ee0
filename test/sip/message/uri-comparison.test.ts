import { describe, expect, it } from 'vitest';
import { parseUri } from '../../../src/sip/message/uri.ts';
import { isSameUri } from '../../../src/sip/message/uri-comparison.ts';

describe('isSameUri', () => {
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtlanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;newparam=5'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['sip:bob@[2001:db8::9:1]', 'sip:bob@[2001:DB8:0:0:0:0:9:1]'],
    ['sip:bob@[2001:db8:::192.0.2.1]', 'sip:bob@[2001:db8::192.0.2.1]'],
    ['tel:+1-201-555-0123', 'TEL:+12015550123'],
    ['tel:7042;phone-context=example.com', 'tel:70-42;phone-context=EXAMPLE.COM'],
    ['urn:service:sos', 'urn:service:sos'],
  ])('%s is %s', (a, b) => {
    expect(same(a, b)).toBe(true);
    expect(same(b, a)).toBe(true);
  });

  it.each([
    ['SIP:ALICE@AtlanTa.CoM;Transport=udp', 'sip:alice@AtlanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@b;user=phone', 'sip:a@b'],
    ['sip:a@b;maddr=192.0.2.1', 'sip:a@b'],
    ['sip:a@b', 'sips:a@b'],
    ['sip:a@b', 'sip:a:x@b'],
    ['sip:a%3Bx@b', 'sip:a;x@b'],
    ['tel:+12015550123', 'tel:12015550123'],
    ['tel:7042', 'tel:7042;phone-context=example.com'],
    ['tel:+12015550123', 'sip:+12015550123@b'],
    ['urn:service:sos', 'urn:service:fire'],
  ])('%s is not %s', (a, b) => {
    expect(same(a, b)).toBe(false);
    expect(same(b, a)).toBe(false);
  });
});

function same(a: string, b: string): boolean {
  return isSameUri(parseUri(a)!, parseUri(b)!);
}
