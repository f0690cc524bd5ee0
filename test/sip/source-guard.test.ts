import { describe, expect, it } from 'vitest';
import { AddressBook } from '../../src/sip/address-book.ts';
import { SourceGuard, type SourceGuardOptions } from '../../src/sip/source-guard.ts';

const INVITE = Buffer.from('INVITE sip:x SIP/2.0\r\n');

function addresses(): AddressBook {
  return new AddressBook([
    { name: 'office', addresses: ['192.0.2.0/28', '2001:db8::/32'] },
    { name: 'carrier', addresses: ['198.51.100.7', '192.0.2.0/24'] },
  ]);
}

function guard(options: Partial<SourceGuardOptions> = {}): SourceGuard {
  return new SourceGuard({
    addresses: addresses(),
    perSecond: 10,
    burst: 5,
    ...options,
  });
}

describe('the guard', () => {
  it.each([
    ['192.0.2.1', 'office'],
    ['192.0.2.200', 'carrier'],
    ['198.51.100.7', 'carrier'],
    ['2001:db8:1::1', 'office'],
    ['::ffff:198.51.100.7', 'carrier'],
    ['198.51.100.8', undefined],
    ['2001:db9::1', undefined],
    ['not an address', undefined],
  ])('knows %s as %s', (address, trunk) => {
    const it = guard();
    expect(it.trunkOf(address)).toBe(trunk);
    expect(it.judge(address, INVITE, 0)).toEqual(
      trunk === undefined ? { kind: 'refused', reason: 'unknown-source' } : { kind: 'admitted', trunk },
    );
    expect(it.trunkOf(address)).toBe(trunk);
  });

  it('lets a source send a burst, then its rate', () => {
    const it = guard();
    const admitted = (nowMs: number): boolean => it.judge('192.0.2.1', INVITE, nowMs).kind === 'admitted';
    expect(Array.from({ length: 7 }, () => admitted(0))).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(admitted(99)).toBe(false);
    expect(admitted(100)).toBe(true);
    expect(admitted(150)).toBe(false);
    expect(Array.from({ length: 20 }, (_, index) => admitted(10_000 + index)).filter(Boolean)).toHaveLength(
      5,
    );
    expect(it.refusals['rate-limited']).toBe(2 + 1 + 1 + 15);
  });

  it('lets calls end while INVITEs flood from the same source', () => {
    const it = guard();
    const byes: boolean[] = [];
    for (let nowMs = 0; nowMs < 10_000; nowMs++) {
      it.judge('192.0.2.1', INVITE, nowMs);
      if (nowMs % 200 === 0)
        byes.push(it.judge('192.0.2.1', Buffer.from('BYE sip:x SIP/2.0'), nowMs).kind === 'admitted');
    }
    expect(byes.filter(Boolean).length).toBeGreaterThan(0.8 * byes.length);
  });

  it.each([
    ['ACK sip:x', true],
    ['SIP/2.0 200 OK', true],
    ['INFO sip:x', true],
    ['\r\n\r\n', true],
    ['SUBSCRIBE sip:x', false],
    ['OPTIONS sip:x', false],
    ['REGISTER sip:x', false],
  ])('counts %j as part of a call: %s', (text, isCheap) => {
    const it = guard();
    let admitted = 0;
    while (it.judge('192.0.2.1', Buffer.from(text), 0).kind === 'admitted') admitted++;
    expect(admitted > 5).toBe(isCheap);
  });

  it('limits unknown sources too, so that their answer floods nobody', () => {
    const it = guard();
    const reasons = Array.from({ length: 6 }, () => it.judge('203.0.113.1', INVITE, 0));
    expect(reasons.at(4)).toMatchObject({ reason: 'unknown-source' });
    expect(reasons.at(5)).toMatchObject({ reason: 'rate-limited' });
  });

  it('refuses what is too large', () => {
    const it = guard({ maxOctets: 10 });
    expect(it.judge('192.0.2.1', INVITE, 0)).toMatchObject({ reason: 'too-large' });
    expect(it.refusals).toEqual({ 'unknown-source': 0, 'rate-limited': 0, 'too-large': 1 });
  });

  it('remembers so many sources and no more, and keeps those it hears from', () => {
    const it = guard({ maxSources: 100 });
    for (let message = 0; message < 5; message++) it.judge('192.0.2.1', INVITE, 0);
    for (let source = 0; source < 10_000; source++) {
      it.judge(`10.0.${source >> 8}.${source & 255}`, INVITE, 0);
      if (source % 50 === 0) it.judge('192.0.2.1', INVITE, 0);
    }
    expect(it.sources).toBe(100);
    expect(it.judge('192.0.2.1', INVITE, 0)).toMatchObject({ reason: 'rate-limited' });
  });

  it('hears strangers, at a rate of their own, where they may prove who they are', () => {
    const it = guard({ strangers: { perSecond: 1, burst: 2 } });
    expect(it.isWelcome('203.0.113.1')).toBe(true);
    const kinds = Array.from({ length: 4 }, () => it.judge('203.0.113.1', INVITE, 0).kind);
    expect(kinds.slice(0, 2)).toEqual(['stranger', 'stranger']);
    expect(kinds.at(-1)).toBe('refused');
    expect(it.judge('192.0.2.1', INVITE, 0)).toEqual({ kind: 'admitted', trunk: 'office' });
    expect(guard().isWelcome('203.0.113.1')).toBe(false);
  });

  it('hears trunks and proven strangers through a flood from a hundred thousand addresses, and remembers few of them', () => {
    const it = guard({ perSecond: 50, burst: 100, strangers: { perSecond: 20, burst: 100 } });
    it.noteProven('198.18.0.1');
    let heard = 0;
    const kept: string[] = [];
    for (let sent = 0; sent < 150_000; sent++) {
      const nowMs = sent / 10;
      const address = `203.${(sent >> 16) & 255}.${(sent >> 8) & 255}.${sent & 255}`;
      if (it.judge(address, INVITE, nowMs).kind === 'stranger') heard++;
      if (sent % 1000 !== 0) continue;
      kept.push(it.judge('192.0.2.1', INVITE, nowMs).kind, it.judge('198.18.0.1', INVITE, nowMs).kind);
    }
    expect(heard).toBeLessThan(2000 + 15 * 1000 + 1);
    expect(heard).toBeGreaterThan(15_000);
    expect(new Set(kept)).toEqual(new Set(['admitted', 'stranger']));
    expect(it.sources).toBe(65_536);
  });

  it('knows an address from when the trunk is found there, though it was heard before', () => {
    const book = addresses();
    const it = guard({ addresses: book });
    expect(it.judge('203.0.113.1', INVITE, 0).kind).toBe('refused');
    book.learn('carrier', ['203.0.113.1']);
    expect(it.judge('203.0.113.1', INVITE, 0)).toEqual({ kind: 'admitted', trunk: 'carrier' });
    expect(it.trunkOf('203.0.113.1')).toBe('carrier');
    expect([book.owns('carrier', '203.0.113.1'), book.owns('office', '203.0.113.1')]).toEqual([true, false]);
  });
});

describe('the address book', () => {
  it('lets two trunks own what both have, and gives it to the first', () => {
    const book = addresses();
    expect([book.owns('office', '192.0.2.1'), book.owns('carrier', '192.0.2.1')]).toEqual([true, true]);
    expect(book.trunkOf('192.0.2.1')).toBe('office');
    expect(book.owns('nobody', '192.0.2.1')).toBe(false);
  });

  it('forgets the addresses learnt longest ago, and keeps those found again', () => {
    const book = addresses();
    for (let address = 0; address < 200; address++) book.learn('carrier', ['10.0.0.1', `10.0.1.${address}`]);
    expect(book.owns('carrier', '10.0.0.1')).toBe(true);
    expect(book.owns('carrier', '10.0.1.199')).toBe(true);
    expect(book.owns('carrier', '10.0.1.0')).toBe(false);
  });
});
