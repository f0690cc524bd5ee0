import type { VoiceAgentTold } from './told.ts';

type ToolResult = Extract<VoiceAgentTold, { kind: 'tool-result' }>;

/**
 * Answers to tool calls after which nothing is to be said, because the call ends with them. A backend speaks upon an answer,
 * so these wait, and are given only when the caller goes on talking after all.
 */
export class LastAnswers {
  readonly #give: (result: ToolResult) => void;
  #waiting: ToolResult[] = [];

  constructor(give: (result: ToolResult) => void) {
    this.#give = give;
  }

  add(result: ToolResult): void {
    if (result.isLast) this.#waiting.push(result);
    else this.#give(result);
  }

  callerGoesOn(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const result of waiting) this.#give(result);
  }
}
