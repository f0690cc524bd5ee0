import { describe, expect, it } from 'vitest';
import { isMeant, parseDestination } from '../../src/call/destination.ts';

const meant = (pattern: string, text: string): boolean => isMeant(pattern, parseDestination(text)!);

describe('a pattern of SIP URIs', () => {
  it('may have hyphens in its host and its user', () => {
    expect(meant('sip:*@my-pbx.example.com', 'sip:desk@my-pbx.example.com')).toBe(true);
    expect(meant('sip:front-desk@pbx.example.com', 'sip:front-desk@pbx.example.com')).toBe(true);
    expect(meant('sip:*@my-pbx.example.com', 'sip:desk@myxpbx.example.com')).toBe(false);
  });

  it('takes every other sign for itself', () => {
    const user = "!~'()&=+$,/._|{}^";
    expect(meant(`sip:${user}@pbx.example.com`, `sip:${user}@pbx.example.com`)).toBe(true);
    expect(meant('sip:*@[2001:db8::1]:5080', 'sip:desk@[2001:db8::1]:5080')).toBe(true);
    expect(meant('sip:*@pbx.example.com', 'sip:desk@pbxxexample.com')).toBe(false);
  });
});
