import type { Json } from '../../domain/effect.ts';
import type { Choice } from '../../domain/message.ts';
import { resolveChoice } from '../../faq/resolve-choice.ts';
import { lostMediaText } from '../lost-media.ts';
import { next, stay, unexpected, type Input, type Move } from '../node-kind.ts';
import { engineChoice, retry } from '../retry.ts';
import type { Run } from '../run.ts';
import type { MediaRule } from './ask.ts';
import type { AskForm } from './ask-typed.ts';

/** «تم» once enough has come. */
export function mediaChoices(run: Run, rule: MediaRule): Choice[] {
  return filesOf(run).length >= (rule.min ?? 1) ? [run.choice('$done', run.engineText('button-done'))] : [];
}

/** Collects files until the person is done or the most have come. The pictures of one album are answered once. */
export function receiveMedia(run: Run, input: Input, rule: MediaRule, form: AskForm): Move {
  const files = filesOf(run);
  const { min = 1, max = 5, accept = ['photo', 'document'] } = rule;
  if (input.type === 'media-lost') {
    run.note({ files: files.filter((file) => file !== input.attachmentId) });
    run.say(lostMediaText(run, input.refusal, accept), choicesNow(run, rule, form));
    return stay;
  }
  if (isDone(run, input)) {
    if (files.length < min) {
      run.say(run.engineText('media-too-few', { count: min - files.length }), run.skipChoices(form.skippable));
      return stay;
    }
    return keep(run, files, form);
  }
  if (input.type === 'text')
    return retry(run, run.engineText('media-expected'), { ...form, choices: choicesNow(run, rule, form) });
  if (input.type !== 'media') return unexpected;
  if (!accept.some((kind) => kind === input.media.kind)) return unexpected;
  const isSameAlbum = input.albumId !== undefined && run.state.album?.id === input.albumId;
  const collected = [...files, input.attachmentId ?? `${run.wait.id}-${files.length + 1}`];
  run.note({ files: collected });
  run.forgiveTries();
  if (collected.length >= max) return keep(run, collected, form);
  if (!isSameAlbum) run.say(run.engineText('media-received', { count: collected.length }), choicesNow(run, rule, form));
  return stay;
}

function choicesNow(run: Run, rule: MediaRule, form: AskForm): Choice[] {
  const done = mediaChoices(run, rule);
  return done.length > 0 ? done : run.skipChoices(form.skippable);
}

function isDone(run: Run, input: Input): boolean {
  if (engineChoice(run, input, ['done']) === 'done') return true;
  return input.type === 'text' && resolveChoice(input.text, [run.engineText('button-done')]) === 0;
}

function keep(run: Run, files: readonly string[], form: AskForm): Move {
  run.answer(form.save, files, run.engineText('files', { count: files.length }));
  return next;
}

function filesOf(run: Run): readonly string[] {
  const data = run.wait.data as { readonly files?: readonly string[] } | undefined; // Written by `note` below only.
  return data?.files ?? [];
}

/** Ids of files as a variable holds them; what is no list of ids counts as none. */
export function toAttachmentIds(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
