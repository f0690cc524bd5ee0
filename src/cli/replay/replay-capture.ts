import { type Result, success } from '../../result.ts';
import { type CaptureRefusal, readCapture } from '../pcap/capture.ts';
import { findFlows } from './find-flows.ts';
import { type ReplayedFlow, replayFlow } from './replay-flow.ts';

/** Receives every RTP flow of a capture file again, in order of their first packets. */
export function replayOctets(octets: Uint8Array): Result<ReplayedFlow[], CaptureRefusal> {
  const frames = readCapture(octets);
  if (!frames.ok) return frames;
  return success(findFlows(frames.value).map(replayFlow));
}
