import type { JsonObject } from './json-message.ts';

/** What a voice agent's half on the main thread tells its protocol on the line. A protocol leaves out what it cannot say. */
export type VoiceAgentTold =
  | {
      readonly kind: 'tool-result';
      readonly callId: string;
      /** JSON. */
      readonly output: string;
      readonly isError: boolean;
      /** Nothing is to be said about it: the call ends, or somebody else takes over. */
      readonly isLast: boolean;
    }
  /** Something to talk about now. */
  | { readonly kind: 'say'; readonly text: string }
  /** Of the caller, though not by voice: to be answered as if it had been said. */
  | { readonly kind: 'from-caller'; readonly text: string }
  | { readonly kind: 'update-instructions'; readonly text: string };

/** A function that an agent may call, as JSON Schema describes it. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
}
