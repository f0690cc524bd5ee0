import { createAudioSocketLine } from '../agent/audio-socket/audio-socket-line.ts';
import type { LineProtocolFactory } from '../agent/voice-agent/line-protocol.ts';

/** Every wire form that an agent's line can speak, by the name that `AgentLineOptions.protocol` has. */
export const lineProtocols: Readonly<Record<string, LineProtocolFactory>> = {
  'audio-socket': createAudioSocketLine,
};
