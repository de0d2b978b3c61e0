// The frame around every screen.

import { useEffect, useRef, useState } from "preact/hooks";
import { learn, schema } from "./core/draft";
import { choose, look, type Look } from "./core/look";
import { href, route, type Screen } from "./core/route";
import { forgetKey, key, refusal } from "./core/session";
import { language, speak, t } from "./core/speech";
import { page } from "./core/wire";
import { Icon, Mark, type IconName } from "./parts/icon";
import { Button, Note, Spoken, told } from "./parts/small";
import { Code } from "./screens/code";
import { Create } from "./screens/create";
import { Gallery } from "./screens/gallery";
import { Keys, Welcome } from "./screens/keys";
import { StatusScreen } from "./screens/status";
import { TaskScreen } from "./screens/task";

const TABS: Exclude<Screen, "task">[] = ["create", "gallery", "code", "webhooks", "status"];
const NEXT_LOOK: Record<Look, Look> = { auto: "dark", dark: "light", light: "auto" };
const LOOK_ICON: Record<Look, IconName> = { auto: "auto", dark: "moon", light: "sun" };

export function App() {
  const { screen, id } = route.value;
  useEffect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  }, [language.value]);
  const arrived = useRef(false);
  useEffect(() => {
    scrollTo(0, 0);
    // Whoever listens to the page hears the new screen from its beginning.
    if (arrived.current) document.getElementById("main")?.focus({ preventScroll: true });
    arrived.current = true;
  }, [screen, id]);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        {t("nav.skip")}
      </a>
      <Header />
      {key.value ? <Main /> : <Welcome />}
      <Footer />
      <Spoken />
    </>
  );
}

/** The address's # is the route's, so the jump is made by hand. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Header() {
  const { screen } = route.value;
  const here = screen === "task" ? "gallery" : screen;
  return (
    <header class="top">
      <a class="brand" href={href("create")} aria-label="Omnireel">
        <Mark />
        <span>Omnireel</span>
      </a>
      {key.value ? (
        <nav class="tabs" aria-label={t("nav.label")}>
          {TABS.map((tab) => (
            <a key={tab} href={href(tab)} aria-current={tab === here ? "page" : undefined}>
              <Icon name={tab} />
              <span>{t(`nav.${tab}`)}</span>
            </a>
          ))}
        </nav>
      ) : (
        <span class="grow" />
      )}
      <div class="row switches">
        <button
          type="button"
          class="button quiet"
          lang={language.value === "en" ? "zh-CN" : "en"}
          onClick={() => speak(language.value === "en" ? "zh" : "en")}
        >
          <span>{language.value === "en" ? "中文" : "English"}</span>
        </button>
        <Button
          kind="quiet"
          icon={LOOK_ICON[look.value]}
          label={t("look.now", { look: t(`look.${look.value}`) })}
          id="look"
          onClick={() => choose(NEXT_LOOK[look.value])}
        />
      </div>
    </header>
  );
}

function Main() {
  const [fault, setFault] = useState("");
  useEffect(() => {
    let timer = 0;
    const begin = () => {
      learn()
        .then(() => setFault(""))
        .catch((error: unknown) => {
          setFault(told(error));
          timer = window.setTimeout(begin, 2000);
        });
    };
    if (!schema.value) begin();
    return () => clearTimeout(timer);
  }, [key.value]);
  const { screen, id } = route.value;
  return (
    <main id="main" tabIndex={-1}>
      {refusal.value && (
        <Note kind="bad" alert>
          <p>{t("error.key", { detail: refusal.value })}</p>
          <Button onClick={forgetKey}>{t("key.other")}</Button>
        </Note>
      )}
      {fault && !refusal.value && (
        <Note kind="warn" alert>
          {fault}
        </Note>
      )}
      {screen === "create" && <Create />}
      {screen === "task" && <TaskScreen id={id} key={id} />}
      {screen === "gallery" && <Gallery />}
      {screen === "code" && <Code id={id} />}
      {screen === "webhooks" && <Keys />}
      {screen === "status" && <StatusScreen />}
    </main>
  );
}

function Footer() {
  return (
    <footer>
      <span>Omnireel {page.version}</span>
      <a href="/docs">{t("code.reference")}</a>
      <span class="grow" />
      <span>{t("about.local")}</span>
    </footer>
  );
}
