// A worker in a frame, for pages that are opened as files: browsers start no worker for them.
if (location.protocol === "file:") {
  // Material's search asks for a class of this name, to find its files.
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.inside = frame.contentWindow;
      window.addEventListener("message", (event) => {
        if (event.source !== this.inside) return;
        const copy = new MessageEvent("message", { data: event.data });
        this.dispatchEvent(copy);
        if (this.onmessage) this.onmessage(copy);
      });
      // In a frame, postMessage() speaks to the frame itself; a worker speaks to its page.
      const prelude = [
        "self.postMessage = (data) => parent.dispatchEvent(new MessageEvent('message', { data, source: self }));",
        "self.importScripts = (...urls) => urls.reduce((last, url) => last.then(() => new Promise((done, failed) => {",
        "  const script = document.createElement('script');",
        "  Object.assign(script, { src: url, onload: done, onerror: failed });",
        "  document.body.append(script);",
        "})), Promise.resolve());",
      ].join("\n");
      const page = this.inside.document;
      page.open();
      page.write(`<body><script>${prelude}<\/script><script src="${new URL(url, location.href)}"><\/script></body>`);
      page.close();
      this.loaded = new Promise((done) => frame.addEventListener("load", done));
    }
    postMessage(data) {
      this.loaded.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })));
    }
    terminate() {
      this.inside.frameElement.remove();
    }
  };
}
