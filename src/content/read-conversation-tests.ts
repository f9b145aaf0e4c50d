import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { conversationTestSchema, type ConversationTest } from '../flow/conversation-test.ts';
import { listJsonFiles } from './list-json-files.ts';

export interface ConversationFile {
  /** Name of the file within its folder: `<flow>.<language>.json`, or `<flow>-<what>.<language>.json`. */
  readonly name: string;
  readonly tests: readonly ConversationTest[];
}

/** A file holds one test or a list of them. @throws AppError 'flow-invalid' naming the file and what is wrong in it */
export async function readConversationTests(folder: string): Promise<ConversationFile[]> {
  const names = await listJsonFiles(folder);
  return Promise.all(names.map(async (name) => ({ name, tests: await readFileOf(join(folder, name)) })));
}

async function readFileOf(file: string): Promise<readonly ConversationTest[]> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new AppError('flow-invalid', `${file}: expected JSON`, { cause });
  }
  const one = Array.isArray(value) ? z.array(conversationTestSchema).min(1) : conversationTestSchema;
  const parsed = one.safeParse(value);
  if (!parsed.success) throw new AppError('flow-invalid', `${file}: ${z.prettifyError(parsed.error)}`);
  return Array.isArray(parsed.data) ? parsed.data : [parsed.data];
}
