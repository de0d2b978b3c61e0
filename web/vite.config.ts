import { defineConfig } from "vite";

// One script, one stylesheet, nothing inlined: the page's policy allows neither inline code nor data: addresses.
export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/omnireel/api/playground",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: false } },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/files": "http://127.0.0.1:8000", "/models": "http://127.0.0.1:8000" } },
});
