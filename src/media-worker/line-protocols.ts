import { createAssemblyAiLine } from '../agent/assemblyai/assemblyai-line.ts';
import { createAsteriskLine } from '../agent/asterisk/asterisk-line.ts';
import { createAudioSocketLine } from '../agent/audio-socket/audio-socket-line.ts';
import { createDeepgramLine } from '../agent/deepgram/deepgram-line.ts';
import { createElevenLabsLine } from '../agent/elevenlabs/elevenlabs-line.ts';
import { createListenLine } from '../agent/jambonz/listen-line.ts';
import { createOpenAiLine } from '../agent/openai-realtime/openai-line.ts';
import { createTwilioLine } from '../agent/twilio/twilio-line.ts';
import type { LineProtocolFactory } from '../agent/voice-agent/line-protocol.ts';

/** Every wire form that an agent's line can speak, by the name that `AgentLineOptions.protocol` has. */
export const lineProtocols: Readonly<Record<string, LineProtocolFactory>> = {
  'asterisk-audio-socket': createAsteriskLine,
  assemblyai: createAssemblyAiLine,
  'audio-socket': createAudioSocketLine,
  deepgram: createDeepgramLine,
  elevenlabs: createElevenLabsLine,
  'jambonz-listen': createListenLine,
  'openai-realtime': createOpenAiLine,
  twilio: createTwilioLine,
};
