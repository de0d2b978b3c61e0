"""What each thing in a picture sounds like, by its name and by what it does."""

from __future__ import annotations

from omnireel.engines.studio.sound.heard import Source

# Events: what calls, rings or bursts by being there.
_CALLS = {
    "dog": "dog puppy corgi husky poodle labrador retriever hound beagle terrier",
    "cat": "cat kitten kitty tabby",
    "wolf": "wolf coyote werewolf",
    "lion": "lion lioness tiger leopard jaguar panther cheetah dinosaur tyrannosaurus dragon monster",
    "bear": "bear panda koala polar_bear gorilla boar hippo rhino hippopotamus rhinoceros",
    "cow": "cow bull ox buffalo bison yak calf",
    "sheep": "sheep lamb goat ram ewe",
    "pig": "pig piglet hog",
    "horse": "horse pony unicorn zebra donkey mule foal",
    "elephant": "elephant mammoth",
    "monkey": "monkey chimpanzee ape orangutan",
    "duck": "duck duckling goose swan mallard",
    "rooster": "rooster cock",
    "chicken": "chicken hen chick turkey",
    "crow": "crow raven parrot eagle hawk vulture falcon",
    "owl": "owl",
    "gull": "seagull gull albatross pelican",
    "frog": "frog toad",
    "mouse": "mouse rat hamster squirrel rabbit hedgehog chipmunk bat",
    "bee": "bee bumblebee wasp fly mosquito beetle dragonfly hummingbird",
    "whale": "whale",
    "dolphin": "dolphin orca",
    "fireworks": "firework fireworks",
    "bell": "bell church cathedral temple pagoda shrine",
    "clock": "clock watch alarm_clock hourglass",
    "sparkle": "fairy genie angel magic_wand crystal_ball star shooting_star mermaid",
    "foghorn": "ferry cruise_ship",
    "whistle": "steam_train",
}
# Ambiences: what goes on sounding.
_DRONES = {
    "birds": "bird songbird sparrow robin nightingale bluebird",
    "engine": "car taxi bus truck van suv automobile lorry minibus jeep ambulance",
    "racing": "racing_car race_car sports_car motorcycle motorbike formula_one",
    "motor": "tractor bulldozer excavator motorboat speedboat boat_engine submarine tank scooter",
    "train": "train locomotive tram metro subway bullet_train railway monorail",
    "aeroplane": "airplane aeroplane plane jet airliner",
    "rotor": "helicopter",
    "propellers": "drone",
    "rocket": "rocket spaceship spacecraft space_shuttle",
    "hum": "ufo flying_saucer robot satellite portal",
    "siren": "fire_engine police_car",
    "fire": "fire campfire bonfire torch candle fireplace volcano lava stove",
    "stream": "fountain stream river brook creek tap",
    "waterfall": "waterfall",
    "waves": "wave tsunami",
    "crowd": "crowd audience people",
    "keyboard": "keyboard laptop computer typewriter",
    "sizzle": "frying_pan wok barbecue grill",
    "wind": "tornado windmill kite flag",
}
_MUSIC = {
    "piano": "piano keyboard_instrument",
    "guitar": "guitar banjo ukulele",
    "violin": "violin cello",
    "drums": "drum drums",
    "orchestra": "orchestra trumpet saxophone trombone band",
    "music": "radio harp flute",
    "electronic": "dj turntable synthesizer disco_ball",
}
_DEEDS = {
    "explode": "explosion",
    "swim": "splash",
    "dive": "splash",
    "jump": "thud",
    "bounce": "boing",
    "eat": "munch",
    "bloom": "sparkle",
    "shine": "sparkle",
    "spin": "whoosh",
    "fall": "whoosh",
    "crash": "explosion",
    "surf": "splash",
}
_DOINGS = {"burn": "fire", "cook": "sizzle", "work": "keyboard", "type": "keyboard", "flow": "stream"}
_QUIET = {"sleep", "lie", "sit", "read"}
"""Who does this does not call out."""
_FLYING = {"flap", "flutter"}
_STILL_VEHICLE = {"stop", "stand", "park", "wait"}


def call(source: Source) -> str | None:
    """The event that is this thing's voice, if it has one and would use it now."""
    return None if source.action in _QUIET else _found(_CALL_OF, source)


def drone(source: Source) -> str | None:
    """The ambience that goes on while this thing is there."""
    if source.action in _STILL_VEHICLE:
        return None
    return _DOINGS.get(source.action or "") or _found(_DRONE_OF, source)


def deed(source: Source) -> str | None:
    """The event that comes of what this thing does."""
    return "wings" if source.gait in _FLYING else _DEEDS.get(source.action or "")


def music(source: Source) -> str | None:
    """The music a thing in the picture makes."""
    return _found(_MUSIC_OF, source)


def _found(table: dict[str, str], source: Source) -> str | None:
    names = (name.replace(" ", "_") for name in source.names)
    return next((table[name] for name in names if name in table), None)


def _turned(groups: dict[str, str]) -> dict[str, str]:
    return {noun: sound for sound, nouns in groups.items() for noun in nouns.split()}


_CALL_OF, _DRONE_OF, _MUSIC_OF = _turned(_CALLS), _turned(_DRONES), _turned(_MUSIC)
