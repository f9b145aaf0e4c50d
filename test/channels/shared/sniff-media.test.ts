import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkMedia, defaultMediaRules, toFileLimits, toMediaRules } from '../../../src/channels/shared/check-media.ts';
import { sniffMedia } from '../../../src/channels/shared/sniff-media.ts';

const bytes = (latin1: string) => Buffer.from(latin1, 'latin1');
const zip = (entry: string) =>
  bytes(`PK\x03\x04${'\0'.repeat(22)}\x13\0\0\0[Content_Types].xml ... PK\x03\x04 ${entry}`);

describe('sniffMedia', () => {
  it.each<[string, Buffer, string, string]>([
    ['JPEG', bytes('\xFF\xD8\xFF\xE0\0\x10JFIF'), 'image/jpeg', 'photo'],
    ['PNG', bytes('\x89PNG\r\n\x1A\n\0\0'), 'image/png', 'photo'],
    ['WebP', bytes('RIFF\x10\0\0\0WEBPVP8 '), 'image/webp', 'photo'],
    ['GIF', bytes('GIF89a\x01\0'), 'image/gif', 'photo'],
    ['HEIC', bytes('\0\0\0\x18ftypheic\0\0'), 'image/heic', 'photo'],
    ['PDF', bytes('%PDF-1.7\n'), 'application/pdf', 'document'],
    ['Ogg', bytes('OggS\0\x02OpusHead'), 'audio/ogg', 'voice'],
    ['MP3 with tags', bytes('ID3\x04\0'), 'audio/mpeg', 'audio'],
    ['bare MP3', bytes('\xFF\xFB\x90\x44'), 'audio/mpeg', 'audio'],
    ['M4A', bytes('\0\0\0\x20ftypM4A \0\0'), 'audio/mp4', 'audio'],
    ['MP4', bytes('\0\0\0\x20ftypisom\0\0'), 'video/mp4', 'video'],
    ['QuickTime', bytes('\0\0\0\x14ftypqt  \0\0'), 'video/mp4', 'video'],
    ['WebM', bytes('\x1A\x45\xDF\xA3\x01'), 'video/webm', 'video'],
    [
      'Word',
      zip('word/document.xml'),
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'document',
    ],
    ['Excel', zip('xl/workbook.xml'), 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'document'],
    [
      'PowerPoint',
      zip('ppt/presentation.xml'),
      'application/vnd.openxmlformats-officedocument.presentationml.presentation',
      'document',
    ],
    ['AMR', bytes('#!AMR\n'), 'audio/amr', 'voice'],
    ['AAC', bytes('\xFF\xF1\x50'), 'audio/aac', 'audio'],
    ['zip', zip('a.exe'), 'application/zip', 'document'],
    ['old Word', bytes('\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1'), 'application/msword', 'document'],
  ])('knows %s', (_name, head, mimeType, kind) => {
    expect(sniffMedia(head)).toMatchObject({ mimeType, kind });
  });

  it.each<[string, Buffer]>([
    ['HTML', bytes('<!doctype html><script>')],
    ['SVG', bytes('<svg xmlns="http://www.w3.org/2000/svg">')],
    ['a Windows program', bytes('MZ\x90\0')],
    ['a script', bytes('#!/bin/sh\n')],
    ['a RIFF of another form', bytes('RIFF\x10\0\0\0AVI LIST')],
    ['an unknown brand', bytes('\0\0\0\x20ftypzzzz')],
    ['nothing', bytes('')],
  ])('does not know %s', (_name, head) => {
    expect(sniffMedia(head)).toBeNull();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (head) => void sniffMedia(head)));
  });
});

describe('toFileLimits', () => {
  it('names the kinds that people know, in one order, and whole megabytes', () => {
    expect(toFileLimits(defaultMediaRules)).toEqual({
      kinds: ['photo', 'pdf', 'office', 'sound', 'video'],
      maxMegabytes: 20,
    });
    expect(toFileLimits(toMediaRules(['voice', 'application/pdf', 'image/png'], 5))).toEqual({
      kinds: ['photo', 'pdf', 'sound'],
      maxMegabytes: 5,
    });
  });
});

describe('checkMedia', () => {
  it('accepts what is on the list and within the size, by its bytes', () => {
    const pdf = sniffMedia(bytes('%PDF-1.7'));
    expect(checkMedia(pdf, 100, defaultMediaRules)).toBe('accepted');
    expect(checkMedia(pdf, 0, defaultMediaRules)).toBe('empty');
    expect(checkMedia(pdf, 20 * 1024 * 1024 + 1, defaultMediaRules)).toBe('too-large');
    expect(checkMedia(null, 100, defaultMediaRules)).toBe('unknown-type');
    expect(checkMedia(sniffMedia(zip('a.exe')), 100, defaultMediaRules)).toBe('type-not-allowed');
  });
});
