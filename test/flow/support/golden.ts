import { expect } from 'vitest';
import { conversationTestSchema, runConversationTest } from '../../../src/flow/conversation-test.ts';
import type { Program } from '../../../src/flow/program.ts';

/** Plays a conversation and shows every difference at once. */
export function play(program: Program, test: unknown): void {
  const outcome = runConversationTest(program, conversationTestSchema.parse(test));
  expect(outcome.failures).toEqual([]);
}
