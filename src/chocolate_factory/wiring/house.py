"""Everything built: the one room that knows which adapter stands behind which port."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from chocolate_factory.adapters.aemet import AemetKey
from chocolate_factory.adapters.backups import FileBackups
from chocolate_factory.adapters.certificate_files import read_certificates
from chocolate_factory.adapters.child import Child
from chocolate_factory.adapters.clock import SystemClock, UrlClock
from chocolate_factory.adapters.demo_feeds import demo_feeds
from chocolate_factory.adapters.file_lock import FileTurn
from chocolate_factory.adapters.http import PoliteClient
from chocolate_factory.adapters.ledger import (
    SqlAlertLedger,
    SqlGapLedger,
    SqlJobLedger,
    SqlModelLedger,
    SqlPlanLedger,
    open_ledger,
)
from chocolate_factory.adapters.memo import FileMemo
from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.adapters.openweathermap import OpenWeatherCurrent, OpenWeatherForecast, OpenWeatherKey
from chocolate_factory.adapters.plant_file import PlantSource
from chocolate_factory.adapters.program_facts import this_program
from chocolate_factory.adapters.raw_archive import RawArchive
from chocolate_factory.adapters.uploads import parse_upload
from chocolate_factory.domain.catalogue import expected_series
from chocolate_factory.domain.errors import SettingsError, StoreAwayError
from chocolate_factory.domain.series import TRUE_KINDS, Kind
from chocolate_factory.domain.work import UpstreamHealth
from chocolate_factory.ports import (
    AlertLedger,
    Backups,
    Clock,
    Feed,
    GapLedger,
    JobLedger,
    KeyedUpstream,
    ModelShelf,
    PlanLedger,
    PlantFile,
    TimeSeriesStore,
)
from chocolate_factory.settings import PASSWORD, Settings, read_settings
from chocolate_factory.usecases.briefing import Brief
from chocolate_factory.usecases.bring import Bring
from chocolate_factory.usecases.came import ScoreOutcomes
from chocolate_factory.usecases.cleanup import Cleanup
from chocolate_factory.usecases.detect import Detect
from chocolate_factory.usecases.drift import Drift
from chocolate_factory.usecases.features import Features
from chocolate_factory.usecases.forecasts import Forecasts
from chocolate_factory.usecases.hand_in import HandIn
from chocolate_factory.usecases.ingest import Ingest
from chocolate_factory.usecases.initialise import Initialise
from chocolate_factory.usecases.keys import Keys
from chocolate_factory.usecases.losses import Losses
from chocolate_factory.usecases.models import Models
from chocolate_factory.usecases.notify import Notify
from chocolate_factory.usecases.optimise import Optimise
from chocolate_factory.usecases.outcomes import Outcomes
from chocolate_factory.usecases.predict import Predict
from chocolate_factory.usecases.price_history import PriceHistory
from chocolate_factory.usecases.prices import Prices
from chocolate_factory.usecases.readiness import Readiness
from chocolate_factory.usecases.repair import Repair
from chocolate_factory.usecases.situation import Pace, Situation
from chocolate_factory.usecases.tariff import TariffSlots
from chocolate_factory.usecases.watch import Watch
from chocolate_factory.usecases.weather import Weather
from chocolate_factory.usecases.workshop import Workshop
from chocolate_factory.wiring.cleanup import cleanup_of
from chocolate_factory.wiring.keyring import Configured, Keyring
from chocolate_factory.wiring.models import children_of
from chocolate_factory.wiring.notices import notify_of
from chocolate_factory.wiring.orders import Place
from chocolate_factory.wiring.savings import Savings, savings_of
from chocolate_factory.wiring.stores import open_store, store_parts
from chocolate_factory.wiring.upstreams import clients_of, keyless, official

DEMO_SEED = 20261122
DEMO_DAYS = 800
#: What each child sets up first.
LOGS = "chocolate_factory.logs:configure"
#: A plan is killed after this: its solves, the certificate's rounds, and a process's start.
PLAN_LIMIT_S = 180.0


@dataclass
class House:
    """Everything built, ready for the command line, the web and the timetable."""

    settings: Settings
    world: str
    filling: frozenset[Kind]
    clock: SystemClock
    store: TimeSeriesStore
    jobs: JobLedger
    alerts: AlertLedger
    gaps: GapLedger
    plans: PlanLedger
    plant: PlantFile
    feeds: Mapping[str, Feed]
    clients: dict[str, PoliteClient]
    keyring: Keyring
    keys: Keys
    bring: Bring
    detect: Detect
    repair: Repair
    ingest: Ingest
    hand_in: HandIn
    prices: Prices
    tariff_slots: TariffSlots
    weather: Weather
    initialise: Initialise
    watch: Watch
    notify: Notify
    brief: Brief
    optimise: Optimise
    savings: Savings
    child: Child
    mapper: Any
    workshop: Workshop
    school: Workshop
    shelf: ModelShelf
    forecasts: Forecasts
    features: Features
    predict: Predict
    models: Models
    drift: Drift
    backups: Backups
    cleanup: Cleanup
    openweather: OpenWeatherCurrent
    openweather_forecast: OpenWeatherForecast
    started_at: datetime
    listeners: list[Callable[[str, str, dict[str, float]], None]] = field(default_factory=list)
    closing: list[Callable[[], None]] = field(default_factory=list)

    @property
    def tracking_address(self) -> str:
        """Where the model registry is, without any password."""
        return PASSWORD.sub("//", self.settings.tracking(simulated=self.world == "simulated"))

    @property
    def language(self) -> str:
        """``es`` or ``en``."""
        return self.settings.ui_language

    def upstreams(self) -> list[UpstreamHealth]:
        """What calling each upstream showed."""
        return [client.health() for client in self.clients.values()]

    def last_alive(self) -> datetime | None:
        """When an expected series' latest slot was received, at no cost of history; None while the store is away."""
        try:
            newest = [self.store.last(spec.name, self.detect.filling) for spec in expected_series()]
        except StoreAwayError:
            return None
        return max((o.received_at for o in newest if o is not None), default=None)

    def reload_keys(self) -> None:
        """Take up replaced keys."""
        self.keyring.reload()

    def after_run(self, job_id: str, outcome: str, counts: dict[str, float]) -> None:
        """Tell whoever counts runs; a run that has looked at the keys again means that they may be others."""
        if job_id == "token_management":
            self.reload_keys()
        for listener in self.listeners:
            listener(job_id, outcome, counts)

    def close(self) -> None:
        """Stop what runs in the background and release files."""
        self.clock.stopping.set()
        self.workshop.close()
        self.school.close()
        for close in self.closing:
            close()


def build(
    settings: Settings,
    *,
    demo: bool = False,
    clock: SystemClock | None = None,
    again: Callable[[], Settings] = read_settings,
    brain: str | None = None,
) -> House:
    """The house of these settings.

    Args:
        demo: the simulated world: no network, a store that refuses anything real.
        clock: a trial's; None for the machine's, or the one that CLOCK_URL names.
        again: reads the settings once more, for replaced keys.
        brain: in whose name a child works; None for a life of its own.

    Raises:
        SettingsError: the data folder cannot be used.
        StoreError: the store or ledger cannot be opened.
    """
    data_dir = usable(settings.data_dir)
    clock = clock or (UrlClock(settings.clock_url) if settings.clock_url else SystemClock())
    world = "simulated" if demo else "real"
    filling = frozenset({Kind.SIMULATED}) if demo else TRUE_KINDS
    store = open_store(settings, world)
    engine = open_ledger(settings.ledger, is_made=brain is not None)
    jobs, alerts, gaps = (
        SqlJobLedger(engine, clock, brain or _new_life()),
        SqlAlertLedger(engine, clock),
        SqlGapLedger(engine),
    )

    keyring = Keyring(settings, again)
    raw = RawArchive(data_dir / "raw", settings.raw_limit_mb * 2**20)
    memo = FileMemo(data_dir / "memo.db")
    clients = clients_of(settings, clock, raw, memo)
    sky = (clients["openweathermap"], clock, keyring.openweathermap, settings.latitude, settings.longitude)
    current, ahead = OpenWeatherCurrent(*sky), OpenWeatherForecast(*sky)
    aemet = (clients["aemet"], clock, keyring.aemet, settings.aemet_station)
    keyed: dict[str, KeyedUpstream] = {"aemet": AemetKey(*aemet), "openweathermap": OpenWeatherKey(*sky)}
    outside = [*keyless(settings, clock, clients), *official(settings, clock, clients, keyring), current, ahead]
    feeds = Configured(demo_feeds(clock, DEMO_SEED) if demo else outside, keyring)
    bring = Bring(store, clock)
    detect = Detect(store, gaps, clock, feeds, filling)
    repair = Repair(store, gaps, alerts, clock, feeds, detect, bring, memo, FileTurn(data_dir / "repair.lock"))
    ingest = Ingest(store, clock, feeds, bring, filling, memo)
    plans, plant = SqlPlanLedger(engine), PlantSource(settings.plant_file)
    child = Child(clock, clock.stopping.is_set, (LOGS, (settings.log_level, settings.log_format)))
    mapper = _mapper(settings)
    prices, weather = Prices(store, clock, feeds, bring, filling), Weather(store, clock, filling)
    shelf = FileShelf(data_dir / "models")
    forecasts = Forecasts(store, shelf, clock, filling, memo)
    optimise = Optimise(
        Situation(prices, weather, plans, filling, forecasts.expected),
        plans,
        alerts,
        clock,
        plant,
        lambda task: child.call("chocolate_factory.usecases.planned:planned_by", (task, mapper), PLAN_LIMIT_S),
        lambda move: child.call("chocolate_factory.usecases.planned:moved", move, PLAN_LIMIT_S),
        Pace(),
        FileTurn(data_dir / "plan.lock"),
        this_program,
    )

    def health() -> list[UpstreamHealth]:
        return [client.health() for client in clients.values()]

    lives = SqlModelLedger(engine)
    of_score = ScoreOutcomes(store, clock, plant, filling)
    outcomes = Outcomes(PriceHistory(store, filling), clock, of_score.came, of_score.percentile)
    drift = Drift(store, shelf, alerts, clock, filling, Losses(store, outcomes, clock), memo)
    place = partial(_place, settings, world, clock)
    models = Models(
        shelf,
        lives,
        alerts,
        clock,
        children_of(child, place),
        Readiness(store, filling, clock),
        drift.reason,
        memo,
        FileTurn(data_dir / "training.lock"),
    )
    notify = notify_of(settings, engine, alerts, clock, child, tuple if demo else keyring.notify_urls)
    backups = FileBackups(store, engine, world, data_dir / "backups", clock)

    house = House(
        settings=settings,
        world=world,
        filling=filling,
        clock=clock,
        store=store,
        jobs=jobs,
        alerts=alerts,
        gaps=gaps,
        feeds=feeds,
        clients=clients,
        keyring=keyring,
        keys=Keys({} if demo else keyed, alerts, clock),
        bring=bring,
        detect=detect,
        repair=repair,
        ingest=ingest,
        hand_in=HandIn(store, clock, parse_upload),
        prices=prices,
        tariff_slots=TariffSlots(store, filling, plant),
        weather=weather,
        initialise=Initialise(store, clock, detect, repair, ingest, filling),
        watch=Watch(
            store,
            jobs,
            alerts,
            clock,
            lambda: [c.health() for c in clients.values()],
            data_dir,
            filling,
            plant,
            lambda: [*store_parts(store), models.check()],
            lambda: frozenset(series for feed in feeds.values() for series in feed.series),
            lambda: read_certificates(settings.certificates),
        ),
        notify=notify,
        brief=Brief(plans, notify, clock, settings.ui_language),
        plans=plans,
        plant=plant,
        optimise=optimise,
        savings=savings_of(store, engine, plans, plant, clock, weather, filling),
        child=child,
        mapper=mapper,
        workshop=Workshop(jobs, clock),
        school=Workshop(jobs, clock),
        shelf=shelf,
        forecasts=forecasts,
        features=Features(store, clock, plant, filling),
        predict=Predict(store, shelf, clock, plant, filling),
        models=models,
        drift=drift,
        backups=backups,
        cleanup=cleanup_of(store, engine, plans, notify, alerts, clock, filling, backups, world),
        openweather=current,
        openweather_forecast=ahead,
        started_at=clock.now(),
    )
    house.closing += [*(c.close for c in clients.values()), store.close, engine.dispose, memo.close]
    return house


def _new_life() -> str:
    """A name for this process among the brains of a ledger."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(3)}"


def _place(settings: Settings, world: str, clock: Clock) -> Place:
    return Place(settings, world, clock.now())


def _mapper(settings: Settings) -> Any:
    """Who runs simulated plants: the core that asks, or a Dask scheduler, for which alone joblib is loaded."""
    if settings.dask_scheduler is None:
        return map
    from chocolate_factory.adapters.parallel import mapper_of  # noqa: PLC0415

    return mapper_of(dask_scheduler=settings.dask_scheduler)


def usable(data_dir: Path) -> Path:
    """The data folder, made where it is missing.

    Raises:
        SettingsError: it cannot be made or written.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        # a name of its own: several processes of a service look at once
        tempfile.NamedTemporaryFile(prefix=".writable-", dir=data_dir).close()
    except OSError as e:
        raise SettingsError([f"DATA_DIR: {data_dir} cannot be written ({e.strerror}); name a folder of yours."]) from e
    return data_dir
