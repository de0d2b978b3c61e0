"""Models with random weights, of every family and in the layout of the real ones, small enough for a test.

They need torch and diffusers, and nothing from the network. What they make is noise of the right shape; the
same seed makes the same noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

SEED = 20261126
TEXT_WIDTH = 32
"""Of the text encoder that Wan's models share."""


class TinyModel(StrEnum):
    """What can be made."""

    WAN = "wan"
    """Two repositories, for words and for first and last frames, of two experts each."""
    WAN_TI2V = "wan-ti2v"
    """One transformer for both, and the narrower latents of Wan 2.2's small model."""
    WAN_VACE = "wan-vace"
    LTX2 = "ltx2"
    BERNINI = "bernini"
    """Two experts."""


REPOSITORIES: Mapping[TinyModel, tuple[str, ...]] = {
    TinyModel.WAN: ("tiny/wan-t2v", "tiny/wan-i2v"),
    TinyModel.WAN_TI2V: ("tiny/wan-ti2v",),
    TinyModel.WAN_VACE: ("tiny/wan-vace",),
    TinyModel.LTX2: ("tiny/ltx2",),
    TinyModel.BERNINI: ("tiny/bernini",),
}


def make_tiny(model: TinyModel, folder: Path) -> Path:
    """Write the model's repositories into `folder`, as `omnireel models pull` would. Returns the first one's.

    Those that are there stay as they are.
    """
    places = [folder / repository.replace("/", "--") for repository in REPOSITORIES[model]]
    for repository, place in zip(REPOSITORIES[model], places, strict=True):
        if not (place / "model_index.json").exists():
            BUILDERS[repository]().save_pretrained(place)
    return places[0]


def write_tiny_profile(model: TinyModel, folder: Path) -> Path:
    """Write the TOML profile that goes with the model into `folder`. Returns the file's path."""
    path = folder / f"tiny-{model}.toml"
    path.write_text(PROFILES[model])
    return path


def _wan_t2v() -> Any:
    import diffusers

    return diffusers.WanPipeline(
        **_wan_parts(), transformer=_wan(1), transformer_2=_wan(2), boundary_ratio=0.875
    )


def _wan_i2v() -> Any:
    import diffusers

    experts = {"transformer": _wan(3, in_channels=36), "transformer_2": _wan(4, in_channels=36)}
    return diffusers.WanImageToVideoPipeline(**_wan_parts(), **experts, boundary_ratio=0.9)


def _wan_ti2v() -> Any:
    import diffusers

    parts = {**_wan_parts(), "vae": _seeded(lambda: diffusers.AutoencoderKLWan(**_WAN_SMALL_VAE))}
    transformer = _wan(5, in_channels=48, out_channels=48)
    return diffusers.WanPipeline(**parts, transformer=transformer, boundary_ratio=None, expand_timesteps=True)


def _wan_vace() -> Any:
    import diffusers

    transformer = _seeded(
        lambda: diffusers.WanVACETransformer3DModel(**_WAN, vace_layers=[0, 2], vace_in_channels=96), 6
    )
    return diffusers.WanVACEPipeline(**_wan_parts(), transformer=_strong(transformer))


_WAN: dict[str, Any] = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "in_channels": 16,
    "out_channels": 16,
    "text_dim": TEXT_WIDTH,
    "freq_dim": 64,
    "ffn_dim": 32,
    "num_layers": 3,
    "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads",
    "rope_max_seq_len": 256,
}
_WAN_VAE: dict[str, Any] = {
    "base_dim": 4,
    "z_dim": 16,
    "dim_mult": [1, 1, 1, 1],
    "num_res_blocks": 1,
    "temperal_downsample": [False, True, True],
    "latents_mean": [0.0] * 16,
    "latents_std": [0.3] * 16,
}
_WAN_SMALL_VAE: dict[str, Any] = {
    **_WAN_VAE,
    "z_dim": 48,
    "is_residual": True,
    "in_channels": 12,
    "out_channels": 12,
    "patch_size": 2,
    "scale_factor_spatial": 16,
    "latents_mean": [0.0] * 48,
    "latents_std": [0.3] * 48,
}


def _wan(seed: int, **different: Any) -> Any:
    import diffusers

    return _strong(_seeded(lambda: diffusers.WanTransformer3DModel(**{**_WAN, **different}), seed))


def _strong(transformer: Any) -> Any:
    """As drawn, three small blocks pass on too little of what they are given to show in eight bits."""
    import torch

    with torch.no_grad():
        for name, weights in transformer.named_parameters():
            if weights.ndim > 1 and "scale_shift" not in name:
                weights.mul_(2.0)
    return transformer


def _wan_parts() -> dict[str, Any]:
    import diffusers

    scheduler = diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )
    vae = _seeded(lambda: diffusers.AutoencoderKLWan(**_WAN_VAE))
    tokenizer = _tokenizer(bos=False)
    return {"tokenizer": tokenizer, "text_encoder": _umt5(tokenizer), "vae": vae, "scheduler": scheduler}


def _umt5(tokenizer: Any) -> Any:
    from transformers import UMT5Config, UMT5EncoderModel

    config = UMT5Config(
        vocab_size=len(tokenizer),
        d_model=TEXT_WIDTH,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
    )
    return _seeded(lambda: UMT5EncoderModel(config))


def _bernini() -> Any:
    import diffusers

    return diffusers.WanPipeline(
        **_wan_parts(), transformer=_wan(7), transformer_2=_wan(8), boundary_ratio=0.875
    )


def _ltx2() -> Any:
    import diffusers
    from diffusers.pipelines.ltx2 import LTX2TextConnectors, LTX2Vocoder

    tokenizer = _tokenizer(bos=True)
    return diffusers.LTX2Pipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=_seeded(lambda: diffusers.AutoencoderKLLTX2Video(**_LTX_VAE)),
        audio_vae=_seeded(lambda: diffusers.AutoencoderKLLTX2Audio(**_LTX_AUDIO_VAE)),
        text_encoder=_gemma(tokenizer),
        tokenizer=tokenizer,
        connectors=_seeded(lambda: LTX2TextConnectors(**_LTX_CONNECTORS)),
        transformer=_seeded(lambda: diffusers.LTX2VideoTransformer3DModel(**_LTX)),
        vocoder=_seeded(lambda: LTX2Vocoder(**_LTX_VOCODER)),
    )


_LTX: dict[str, Any] = {
    "in_channels": 4,
    "out_channels": 4,
    "num_attention_heads": 2,
    "attention_head_dim": 8,
    "cross_attention_dim": 16,
    "audio_in_channels": 4,
    "audio_out_channels": 4,
    "audio_num_attention_heads": 2,
    "audio_attention_head_dim": 4,
    "audio_cross_attention_dim": 8,
    "num_layers": 2,
    "caption_channels": 16,
    "qk_norm": "rms_norm_across_heads",
    "rope_double_precision": False,
    "rope_type": "split",
}
_LTX_CONNECTORS: dict[str, Any] = {
    "caption_channels": 16,
    "text_proj_in_factor": 3,
    "video_connector_num_attention_heads": 2,
    "video_connector_attention_head_dim": 8,
    "video_connector_num_layers": 1,
    "video_connector_num_learnable_registers": None,
    "audio_connector_num_attention_heads": 2,
    "audio_connector_attention_head_dim": 8,
    "audio_connector_num_layers": 1,
    "audio_connector_num_learnable_registers": None,
    "connector_rope_base_seq_len": 32,
    "rope_theta": 10000.0,
    "rope_double_precision": False,
    "causal_temporal_positioning": False,
    "rope_type": "split",
}
_LTX_VAE: dict[str, Any] = {
    "latent_channels": 4,
    "block_out_channels": (4, 8, 16, 16),
    "decoder_block_out_channels": (4, 8, 16),
    "layers_per_block": (1, 1, 1, 1, 1),
    "decoder_layers_per_block": (1, 1, 1, 1),
    "upsample_residual": (False, False, False),
    "spatial_compression_ratio": 32,
    "temporal_compression_ratio": 8,
    "decoder_causal": False,
}
_LTX_AUDIO_VAE: dict[str, Any] = {
    "base_channels": 4,
    "output_channels": 2,
    "ch_mult": (1,),
    "num_res_blocks": 1,
    "attn_resolutions": None,
    "in_channels": 2,
    "resolution": 32,
    "latent_channels": 2,
    "norm_type": "pixel",
    "causality_axis": "height",
    "dropout": 0.0,
    "mid_block_add_attention": False,
    "sample_rate": 16000,
    "mel_hop_length": 160,
    "is_causal": True,
    "mel_bins": 8,
}
_LTX_VOCODER: dict[str, Any] = {
    "in_channels": 16,
    "hidden_channels": 32,
    "out_channels": 2,
    "upsample_kernel_sizes": [4, 4],
    "upsample_factors": [2, 2],
    "resnet_kernel_sizes": [3],
    "resnet_dilations": [[1, 3, 5]],
    "leaky_relu_negative_slope": 0.1,
    "output_sampling_rate": 16000,
}


def _gemma(tokenizer: Any) -> Any:
    from transformers import (
        Gemma3Config,
        Gemma3ForConditionalGeneration,
        Gemma3TextConfig,
        SiglipVisionConfig,
    )

    words = len(tokenizer)
    text = Gemma3TextConfig(
        vocab_size=words + 4,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=1024,
        sliding_window=64,
    )
    sight = SiglipVisionConfig(
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
    )
    config = Gemma3Config(
        text_config=text,
        vision_config=sight.to_dict(),
        mm_tokens_per_image=1,
        image_token_index=words + 1,
        boi_token_index=words + 2,
        eoi_token_index=words + 3,
    )
    return _seeded(lambda: Gemma3ForConditionalGeneration(config))


def _tokenizer(*, bos: bool) -> Any:
    """One word a byte. Ends its texts as UMT5's does, or begins them as Gemma's does."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    marks = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "bos_token": "<bos>"}
    words = [*marks.values(), *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE(vocab={word: at for at, word in enumerate(words)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    frame, mark = ("<bos> $A", "<bos>") if bos else ("$A </s>", "</s>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=frame, special_tokens=[(mark, words.index(mark))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **marks,
        model_max_length=512,
        padding_side="left" if bos else "right",
    )


def _seeded(build: Callable[[], Any], seed: int = 0) -> Any:
    """The module with weights of this seed, whatever was drawn before or is drawn afterwards."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED + seed)
        return build().eval()


BUILDERS: Mapping[str, Callable[[], Any]] = {
    "tiny/wan-t2v": _wan_t2v,
    "tiny/wan-i2v": _wan_i2v,
    "tiny/wan-ti2v": _wan_ti2v,
    "tiny/wan-vace": _wan_vace,
    "tiny/ltx2": _ltx2,
    "tiny/bernini": _bernini,
}

_COMMON = """
[licence]
name = "Apache-2.0"
url = "https://www.apache.org/licenses/LICENSE-2.0"

[std]
width = 96
height = 64
steps = 2
guidance = 4.0
{pace}
[pro]
width = 128
height = 96
steps = 3
guidance = 4.0
{pace}
[memory_gib]
resident = 0.1
offload = 0.1
layerwise-fp8 = 0.1
"""
_EXPERTS = """guidance_low = 3.0
shift = 5.0
"""
_SHIFT = """shift = 3.0
"""
PROFILES: Mapping[TinyModel, str] = {
    TinyModel.WAN: """
title = "Tiny Wan"
family = "wan"
fps = 8
frame_step = 4
frame_offset = 1
longest = 41
last_frame = true
negative_prompt = "blurry"

[[weights]]
repo = "tiny/wan-t2v"
download_gib = 0.001
does = ["text"]

[[weights]]
repo = "tiny/wan-i2v"
download_gib = 0.001
does = ["keyframes"]
"""
    + _COMMON.format(pace=_EXPERTS),
    TinyModel.WAN_TI2V: """
title = "Tiny Wan for words and a first frame"
family = "wan"
fps = 8
frame_step = 4
frame_offset = 1
longest = 41
side_multiple = 32
negative_prompt = "blurry"

[[weights]]
repo = "tiny/wan-ti2v"
download_gib = 0.001
does = ["text", "keyframes"]
"""
    + _COMMON.format(pace=_SHIFT),
    TinyModel.WAN_VACE: """
title = "Tiny VACE"
family = "wan-vace"
fps = 8
frame_step = 4
frame_offset = 1
longest = 41
carry = 5
references = 7
last_frame = true
negative_prompt = "blurry"

[[weights]]
repo = "tiny/wan-vace"
download_gib = 0.001
does = ["text", "keyframes", "references", "edit", "edit_with_references"]
"""
    + _COMMON.format(pace=_SHIFT),
    TinyModel.LTX2: """
title = "Tiny LTX-2"
family = "ltx2"
fps = 8
frame_step = 8
frame_offset = 1
longest = 41
carry = 9
side_multiple = 32
last_frame = true
sound = true
negative_prompt = "blurry"

[[weights]]
repo = "tiny/ltx2"
download_gib = 0.001
does = ["text", "keyframes"]
"""
    + _COMMON.format(pace=""),
    TinyModel.BERNINI: """
title = "Tiny Bernini"
family = "bernini"
fps = 8
frame_step = 4
frame_offset = 1
longest = 41
references = 7
negative_prompt = "blurry"

[[weights]]
repo = "tiny/bernini"
download_gib = 0.001
does = ["text", "references", "edit", "edit_with_references"]
"""
    + _COMMON.format(pace=_SHIFT)
    + """
[numbers]
text_tokens = 128
source_turn = 1.0
reference_side = 96
expert_boundary = 875
low_noise_scale = 0.8
video_guidance = 1.25
image_guidance = 4.5
projection_eta = 0.5
projection_bound = 50.0
project_text = 1
project_edit = 1
""",
}
