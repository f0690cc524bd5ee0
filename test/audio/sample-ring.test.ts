import { describe, expect, it } from 'vitest';
import { SampleRing } from '../../src/audio/sample-ring.ts';

const counting = (from: number, length: number) => Int16Array.from({ length }, (_, i) => (from + i) % 30_000);

describe('the ring between media and listening', () => {
  it('gives the reader what was written, in order, in blocks of its own size', () => {
    const writer = SampleRing.create(1024);
    const reader = new SampleRing(writer.buffer);
    const heard: number[] = [];
    const block = new Int16Array(256);
    for (let frame = 0; frame < 40; frame++) {
      writer.write(counting(frame * 160, 160), -120);
      while (reader.read(block)) heard.push(...block);
    }
    expect(heard).toEqual([...counting(0, heard.length)]);
    expect(heard.length + reader.available).toBe(6400);
  });

  it('leaves the block alone while there are too few samples', () => {
    const writer = SampleRing.create(512);
    const reader = new SampleRing(writer.buffer);
    writer.write(counting(0, 160), -120);
    const block = new Int16Array(256).fill(7);
    expect(reader.read(block)).toBe(false);
    expect(block.every((sample) => sample === 7)).toBe(true);
  });

  it('lets a reader that fell behind go on with what is left', () => {
    const writer = SampleRing.create(512);
    const reader = new SampleRing(writer.buffer);
    for (let frame = 0; frame < 10; frame++) writer.write(counting(frame * 160, 160), -120);
    const block = new Int16Array(512);
    expect(reader.read(block)).toBe(true);
    expect(block[0]).toBe(1600 - 512);
  });

  it('tells how loud we were speaking meanwhile', () => {
    const writer = SampleRing.create(512);
    const reader = new SampleRing(writer.buffer);
    writer.write(counting(0, 160), -23.4);
    expect(reader.outboundSpeechDb).toBeCloseTo(-23.4);
  });
});
