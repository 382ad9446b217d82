import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';
import { BEFORE_ALL, firstChunks } from './first-chunks.vite.ts';
import { messages } from './messages.vite.ts';

const api = process.env.POSTROOM_API ?? 'http://127.0.0.1:8080';
const reports = process.env.POSTROOM_REPORTS ?? 'http://127.0.0.1:8083';

export default defineConfig({
  plugins: [
    messages(),
    sveltekit({
      compilerOptions: { runes: true },
      // The package's own folder, so that an installed wheel has the pages where a checkout has them.
      adapter: adapter({ pages: '../src/inbox_projection/web_build', fallback: 'index.html', precompress: true }),
    }),
  ],
  build: { target: 'es2022', reportCompressedSize: false, rolldownOptions: { checks: { bundlerTimings: false } } },
  environments: {
    client: {
      build: {
        rolldownOptions: {
          output: {
            codeSplitting: {
              groups: [
                { name: 'before', test: BEFORE_ALL, priority: 2 },
                { name: firstChunks(import.meta.dirname), priority: 1 },
                { name: 'icons', test: /@lucide\/svelte\/dist\// },
              ],
            },
          },
        },
      },
    },
  },
  resolve: {
    // The messages are parsed already (tests parse their own).
    alias: process.env.VITEST
      ? {}
      : { '@formatjs/icu-messageformat-parser': '@formatjs/icu-messageformat-parser/no-parser.js' },
  },
  server: {
    proxy: {
      // Reports are asked of their own origin, but for here.
      '/api/v1/reports': { target: reports, changeOrigin: true },
      '/api': {
        target: api,
        // The API takes writes from pages of its own origin only, so they are said to come from there.
        changeOrigin: true,
        headers: { origin: api },
      },
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
